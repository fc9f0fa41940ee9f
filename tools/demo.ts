// Runs the demo on the store that STORE names: sqlite (when it names none), postgres, redis or dynamodb. The example itself only reads STORE_URL. Nothing of it stays on the server.
import { spawn } from "node:child_process";
import { EngineError, type EngineName } from "./engines/src/contract.ts";
import { variableOf } from "./engines/src/find.ts";
import { freshPlace } from "./engines/src/place.ts";
import { startEngines } from "./engines/src/started.ts";

const script = "examples/support-agent/src/demo.ts";

try {
  process.exitCode = await demo(process.env["STORE"] || "sqlite");
} catch (error) {
  if (!(error instanceof EngineError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function demo(name: string): Promise<number> {
  if (name === "sqlite") return play({});
  if (name === "memory")
    throw new EngineError("STORE=memory lives in one process, and the demo kills its own.");
  if (!isEngine(name))
    throw new EngineError(
      `STORE is sqlite, postgres, redis or dynamodb, not ${JSON.stringify(name)}.`,
    );
  await using engines = await startEngines([name]);
  const url = engines.env[variableOf(name)];
  process.stdout.write(engines.lines.map((line) => `${line}\n`).join(""));
  if (url === undefined) throw new EngineError(`There is no ${name} to run the demo on.`);
  const place = freshPlace(name, url);
  try {
    return await play({ ...engines.env, STORE_URL: place.url });
  } finally {
    await place.remove();
  }
}

/** The demo as a process; resolves with its exit code. Told to end, it ends first, and we take away what it left. */
function play(variables: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, ...variables },
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

function isEngine(name: string): name is EngineName {
  return name === "postgres" || name === "redis" || name === "dynamodb";
}
