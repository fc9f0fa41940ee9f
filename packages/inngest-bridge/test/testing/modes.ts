import type { Inngest, InngestFunction } from "inngest";
import {
  createTestInngest,
  type RunView,
  type TestInngest,
  type TestInngestOptions,
} from "../../src/testing/index.ts";

/** Both ways in which the SDK talks to the server. */
export const modes = [{ checkpointing: true }, { checkpointing: false }] as const;

export interface Started {
  readonly server: TestInngest;
  readonly inngest: Inngest;
}

/** A server with one app of these functions, in one or more instances. */
export async function startApp(
  options: TestInngestOptions & {
    readonly checkpointing: boolean;
    readonly instances?: readonly string[];
  },
  functions: (inngest: Inngest) => InngestFunction.Any[],
): Promise<Started> {
  const { checkpointing, instances = ["main"], ...rest } = options;
  const server = createTestInngest(rest);
  const clients = instances.map(
    () => server.client({ id: "app", checkpointing }) as unknown as Inngest,
  );
  for (const [place, client] of clients.entries()) {
    await server.register({
      client,
      functions: functions(client),
      instance: instances[place] ?? "main",
    });
  }
  const [inngest] = clients;
  if (inngest === undefined) throw new Error("An app needs an instance.");
  return { server, inngest };
}

/** The only run of a function. */
export function runOf(server: TestInngest, functionId = "app-fn"): RunView {
  const runs = server.runs().filter((run) => run.functionId === functionId);
  const [run] = runs;
  if (run === undefined || runs.length > 1)
    throw new Error(`${functionId} has ${runs.length} runs.`);
  return run;
}

export function countOf(list: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const item of list) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}
