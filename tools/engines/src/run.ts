// Runs a command with engines: run.ts postgres redis -- command args
// Finds or starts them, says in a line each where, sets PERDURE_POSTGRES_URL, PERDURE_REDIS_URL and PERDURE_DYNAMODB_ENDPOINT for the command, and ends them with it.
import { spawn } from "node:child_process";
import { EngineError, type EngineName } from "./contract.ts";
import { startEngines } from "./started.ts";

const NAMES: readonly string[] = ["postgres", "redis", "dynamodb"] satisfies EngineName[];

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof EngineError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function run(words: readonly string[]): Promise<number> {
  const split = words.indexOf("--");
  const names = words.slice(0, split).filter(isName);
  const [command, ...args] = words.slice(split + 1);
  if (split < 0 || names.length !== split || command === undefined)
    throw new EngineError("Usage: run.ts postgres redis -- command args");
  await using engines = await startEngines(names);
  for (const line of engines.lines) process.stderr.write(`${line}\n`);
  const child = spawn(command, args, { env: engines.env, stdio: "inherit" });
  // The terminal tells the command too; it decides, and we end after it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => child.kill(signal));
  // Awaited here: the engines end when this function does.
  return await new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(new EngineError(`${command} could not be run: ${error.message}`)),
    );
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

function isName(word: string): word is EngineName {
  return NAMES.includes(word);
}
