import type { EngineName } from "./contract.ts";
import { DYNAMODB_ENV } from "./dynamodb.ts";
import { engine } from "./engine.ts";
import { variableOf } from "./find.ts";
import { leftOut } from "./leftOut.ts";

/** Engines for a command that is run from here. */
export interface StartedEngines extends AsyncDisposable {
  /** Our own environment, with the URL of each engine that is there. */
  readonly env: NodeJS.ProcessEnv;
  /** For people, a line for each: `redis: binaries`. */
  readonly lines: readonly string[];
}

/** Finds or starts each of them; those that `PERDURE_WITHOUT` names are left out, and a line says so. */
export async function startEngines(names: readonly EngineName[]): Promise<StartedEngines> {
  await using started = new AsyncDisposableStack();
  const env = names.includes("dynamodb") ? { ...DYNAMODB_ENV, ...process.env } : { ...process.env };
  const lines: string[] = [];
  for (const name of names) {
    const out = leftOut(name);
    if (out !== undefined) {
      lines.push(`${name}: left out, ${out}`);
      continue;
    }
    const { url, origin } = started.use(await engine(name));
    env[variableOf(name)] = url;
    lines.push(`${name}: ${origin}`);
  }
  const owned = started.move();
  return { env, lines, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
