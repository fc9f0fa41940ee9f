import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { EngineError, type OwnServer } from "./contract.ts";
import type { ServerPlan } from "./plan.ts";

type Keeper = ChildProcessByStdio<Writable, Readable, null>;
type Answer = { readonly port: number } | { readonly failed: string };

/** Starts a server under a keeper of its own; resolves when it answers. */
export async function kept(plan: ServerPlan): Promise<OwnServer> {
  // In a group of its own: what ends this process, a ctrl-C too, ends the keeper through its stdin, and in order.
  const keeper: Keeper = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", fileURLToPath(new URL("keeper.ts", import.meta.url))],
    { detached: true, stdio: ["pipe", "pipe", "inherit"] },
  );
  keeper.stdin.on("error", () => {}); // A keeper that ended says so below.
  const gone = new Promise<void>((resolve) => keeper.once("exit", () => resolve()));
  const asked = conversation(keeper, plan.what);
  const dispose = async (): Promise<void> => {
    keeper.ref();
    keeper.stdin.end();
    await gone;
  };
  try {
    const port = await asked(JSON.stringify(plan));
    return {
      url: plan.url.replace("{port}", `${port}`),
      kill: async () => void (await asked("kill")),
      start: async () => void (await asked("start")),
      freeze: async () => void (await asked("freeze")),
      thaw: async () => void (await asked("thaw")),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** One line asks, the next line answers, in order. The keeper holds this process only while it is asked something. */
function conversation(keeper: Keeper, what: string): (line: string) => Promise<number> {
  const waiting: ((answer: Answer) => void)[] = [];
  const hold = (): void => {
    const held = waiting.length > 0;
    for (const part of [keeper, keeper.stdin, keeper.stdout] as { ref(): void; unref(): void }[])
      if (held) part.ref();
      else part.unref();
  };
  const next = (answer: Answer): void => {
    waiting.shift()?.(answer);
    hold();
  };
  createInterface({ input: keeper.stdout }).on("line", (line) => next(JSON.parse(line) as Answer));
  keeper.once("exit", () => {
    while (waiting.length > 0) next({ failed: "Its keeper has ended." });
  });
  return async (line) => {
    const answer = await new Promise<Answer>((resolve) => {
      waiting.push(resolve);
      hold();
      keeper.stdin.write(`${line}\n`);
    });
    if ("failed" in answer)
      throw new EngineError(`${what} could not be run here: ${answer.failed}`);
    return answer.port;
  };
}
