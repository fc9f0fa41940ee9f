import {
  type Backend,
  createStore,
  memoryBackend,
  StorageError,
  type ToolMessage,
} from "@perdure/checkpoint-core";
import type { InngestFunction } from "inngest";
import { expect, test } from "vitest";
import { type AgentTool, createAgentLoop, runLocally } from "../src/index.ts";
import { faultAt } from "../src/testing/index.ts";
import { calls, createWorld, turns, type World } from "./bridge/world.ts";

/** A promise that holds in both ways of the SDK. */
function testBoth(promise: string, run: (checkpointing: boolean) => Promise<void>): void {
  test.each([true, false])(`${promise} (checkpointing %s)`, { timeout: 60_000 }, run);
}

const parameters = { type: "object" };

/** A tool of three pieces of work, with a sleep between them. `last` is called in the last one. */
function walker(log: string[], last: () => unknown = () => undefined): AgentTool {
  return {
    description: "Walks.",
    parameters,
    durable: "self",
    async execute(_input, { step }) {
      if (!step) throw new Error("no step");
      const piece = async (id: string, name: string, then?: () => unknown): Promise<unknown> =>
        step.run(id, async () => {
          log.push(name);
          await then?.();
          return { name, big: 10n };
        });
      const one = await piece("go", "one");
      await step.sleep("rest", 10 * 60 * 1000);
      // The same id again is another piece.
      return [one, await piece("go", "two"), await piece("end", "three", last)];
    },
  };
}

const whole = ["one", "two", "three"].map((name) => ({ name, big: 10n }));
const result = { role: "tool", toolCallId: "a", toolName: "walk", content: whole };

/** The app comes up again, and upkeep has the rounds in which the run is taken over. */
async function comeAgain(world: World): Promise<void> {
  await world.up();
  await world.server.advance("2h");
  await world.server.settle({ advance: true });
}

testBoth("what a tool's own steps gave survives a takeover", async (checkpointing) => {
  const log: string[] = [];
  const invoked: string[] = [];
  let dies = true;
  const die = async (): Promise<unknown> => {
    if (!dies) return undefined;
    dies = false;
    world.down();
    return new Promise(() => undefined);
  };
  const walk = walker(log, die);
  let counter: InngestFunction.Any | undefined;
  const start = 1_800_000_000_000;
  let clock = (): number => start;
  const store = createStore({ backend: memoryBackend(), now: () => clock() });
  const world: World = await createWorld({
    checkpointing,
    store,
    server: { start },
    tools: {
      walk: {
        ...walk,
        async execute(input, context) {
          if (!counter) throw new Error("no function");
          const count = await context.step?.invoke("count", { function: counter });
          for (const nth of [1, 2])
            await context.step?.sendEvent("tell", { name: "told", data: { nth } });
          return [count, await walk.execute(input, context)];
        },
      },
    },
    model: turns(calls(["a", "walk", {}]), { text: "ok" }),
    functions({ inngest }) {
      counter = inngest.createFunction(
        { id: "count", triggers: [{ event: "never" }] },
        async ({ runId }) => invoked.push(runId),
      );
      return [counter];
    },
  });
  clock = () => world.server.now();
  await world.agent.start({ threadId: "t", runId: "r", prompt: "go" });
  await world.server.settle({ advance: true });
  expect(log).toEqual(["one", "two", "three"]);
  await comeAgain(world);
  expect(log).toEqual(["one", "two", "three", "three"]);
  expect(invoked).toHaveLength(1);
  expect((await world.history())[2]).toEqual({ ...result, content: [1, whole] });
  expect((await world.store.runs.get("r"))?.status).toBe("completed");
  expect(world.executions()).toHaveLength(2);
  const slept = world.executions().map(({ steps }) => steps.filter(({ op }) => op === "Sleep"));
  expect(slept.map(({ length }) => length)).toEqual([1, 0]);
  // The same id again is another event, and another execution sends the same ones.
  const told = world.server.events().filter(({ name }) => name === "told");
  expect(told.length).toBe(4);
  expect([...new Map(told.map(({ id, data }) => [id, data?.["nth"]])).values()]).toEqual([1, 2]);
});

testBoth(
  "a piece that is kept is not done again, at whichever request the run breaks off and is retried",
  async (checkpointing) => {
    const run = async (fault?: Parameters<typeof faultAt>) => {
      const log: string[] = [];
      const world = await createWorld({
        checkpointing,
        tools: { walk: walker(log) },
        model: turns(calls(["a", "walk", {}]), { text: "ok" }),
        agent: { functionOptions: { retries: 0 }, upkeep: { cron: "0 * * * *" } },
        ...(fault ? { server: { faults: faultAt(...fault) } } : {}),
      });
      await world.agent.start({ threadId: "t", runId: "r", prompt: "go" }).catch(() => undefined);
      await world.server.settle({ advance: true });
      for (let round = 0; round < 4; round += 1) {
        const { status } = (await world.store.runs.get("r")) ?? {};
        if (status === "completed") break;
        if (status === "failed") await world.agent.retry("r");
        await comeAgain(world);
      }
      const history = await world.history();
      return { log, requests: world.server.requests.length, told: history[2] };
    };
    const plain = await run();
    expect(plain.log).toEqual(["one", "two", "three"]);
    for (let index = 0; index < plain.requests; index += 1) {
      const lost = await run([index, "lose-response"]);
      expect({ index, ...lost }).toMatchObject({ index, log: plain.log, told: result });
      const stopped = await run([index, "stop-during"]);
      expect({ index, ...stopped }).toMatchObject({ index, told: result });
      // The one in flight.
      expect(stopped.log.length).toBeLessThanOrEqual(plain.log.length + 1);
    }
  },
);

test("another process finds what a tool's steps gave, however large, and that it cannot be kept", async () => {
  let isDown = false;
  const backend = memoryBackend();
  const write: Backend["write"] = async (...given) => {
    if (isDown) throw new StorageError("UNAVAILABLE", "down");
    return backend.write(...given);
  };
  const store = createStore({
    backend: Object.assign(Object.create(backend) as Backend, { write }),
  });
  const log: string[] = [];
  const large = "x".repeat(3_000_000);
  const agent = createAgentLoop({
    name: "walker",
    model: turns(calls(["a", "walk", {}]), { text: "ok" }),
    tools: {
      walk: {
        description: "Walks.",
        parameters,
        durable: "self",
        async execute(_input, { step }) {
          const found = await step?.run("large", () => {
            log.push("large");
            return large;
          });
          const nothing = await step?.run("nothing", () => undefined);
          const unkept = async (): Promise<unknown> =>
            step?.run("odd", () => {
              log.push("odd");
              return () => 1;
            });
          const why: unknown = await unkept().catch((error: unknown) => (error as Error).message);
          await step?.run("breaks", () => {
            isDown = log.length === 2;
          });
          return [found === large, nothing === undefined, why];
        },
      },
    },
  });
  const run = async () =>
    runLocally(agent, { store, threadId: "t", runId: "r", prompt: "go", silenceMs: 20 });
  await expect(run()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  isDown = false;
  log.push("again");
  expect(await run()).toMatchObject({ status: "completed", output: { response: "ok" } });
  expect(log).toEqual(["large", "odd", "again"]);
  const { value } = (await store.history.read<ToolMessage>("t"))[2] ?? {};
  const why = expect.stringMatching(/^The step was done, but what it gave cannot be kept\./);
  expect(value).toMatchObject({ content: [true, true, why] });
});

test("a sleep takes milliseconds, and nothing else is slept", async () => {
  const agent = createAgentLoop({
    name: "sleeper",
    model: turns(calls(["a", "rest", {}]), { text: "ok" }),
    tools: {
      rest: {
        description: "Rests.",
        parameters,
        durable: "self",
        execute: async (_input, { step }) => step?.sleep("rest", "1h" as never),
      },
    },
  });
  const store = createStore({ backend: memoryBackend() });
  await runLocally(agent, { store, threadId: "t", runId: "r", prompt: "go" });
  const { value } = (await store.history.read<ToolMessage>("t"))[2] ?? {};
  expect(value).toMatchObject({ isError: true, content: expect.stringContaining("milliseconds") });
});
