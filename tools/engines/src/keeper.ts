// A process of its own, which keeps one server: starts it, kills it on demand, and leaves nothing of it when its own parent is gone.
// It is told what to do by lines on its stdin (a plan first, then `start`, `kill`, `freeze`, `thaw`), answers each with a line of JSON, and ends with its stdin: that closes also when the parent is killed.
import { createInterface } from "node:readline";
import { keptServer } from "./keptServer.ts";
import type { ServerPlan } from "./plan.ts";

const lines = createInterface({ input: process.stdin });
const first = await new Promise<string | undefined>((resolve) => {
  lines.once("line", resolve);
  lines.once("close", () => resolve(undefined));
});
if (first === undefined) process.exit(0);

const server = keptServer(JSON.parse(first) as ServerPlan);
let ending = false;
const end = (): void => {
  if (ending) return;
  ending = true;
  void server.remove().finally(() => process.exit(0));
};
lines.once("close", end);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
process.stdout.on("error", end);

let last = answer("start");
lines.on("line", (verb) => {
  last = last.then(() => answer(verb));
});

async function answer(verb: string): Promise<void> {
  try {
    if (verb === "start") await server.start();
    else if (verb === "kill") await server.kill();
    else if (verb === "freeze") server.freeze();
    else if (verb === "thaw") server.thaw();
    else throw new Error(`The keeper does not know ${JSON.stringify(verb)}.`);
    say({ port: server.port });
  } catch (error) {
    say({ failed: (error as Error).message });
  }
}

function say(answered: object): void {
  if (!ending) process.stdout.write(`${JSON.stringify(answered)}\n`);
}
