import {
  createStore,
  memoryBackend,
  type Store,
  StoreCheckpointer,
} from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { runAsStep, ziroAgent } from "../../src/ziro/index.ts";
import { createWorld } from "../world.ts";
import type { Agent, Checkpointer } from "./shapes.ts";
import type * as standIn from "./standIn.ts";
import { AgentSuspendedError, createAgent } from "./standIn.ts";
import { checkpoints, recorded, says, scripted, wants } from "./world.ts";

// What Ziro gets wrong: first that the stand-in does too, then that a run does not.

function twoRefunds(checkpointer: Checkpointer) {
  const refund = recorded("refund", { requiresApproval: true });
  const model = scripted(wants(["a", "refund", {}]), wants(["b", "refund", {}]), says("done"));
  const place = { checkpointer, defaultThreadId: "placeholder" };
  return { agent: createAgent({ name: "support", model, tools: { refund }, ...place }), refund };
}

/** A store that does not take a checkpoint, as often as this. */
function failing(
  store: Store,
  times: number,
): { readonly store: Store; readonly tries: () => number } {
  let tries = 0;
  const shaky = (own: Store): Store =>
    new Proxy(own, {
      get(target, key) {
        if (key === "for") return (scope: never) => shaky(target.for(scope));
        if (key !== "commit") return Reflect.get(target, key) as unknown;
        return async (...given: Parameters<Store["commit"]>) => {
          const [, changes] = given;
          if (changes.checkpoint) {
            tries += 1;
            if (tries <= times) throw new Error("the disk is full");
          }
          return target.commit(...given);
        };
      },
    });
  return { store: shaky(store), tries: () => tries };
}

const memory = () => createStore({ backend: memoryBackend() });

test("a put that fails is swallowed by Ziro", async () => {
  const broken: Checkpointer = {
    ...checkpoints(),
    put: async () => Promise.reject(new Error("the disk is full")),
  };
  const { agent } = twoRefunds(broken);
  await expect(agent.run({ prompt: "go", threadId: "t" })).rejects.toBeInstanceOf(
    AgentSuspendedError,
  );
});

test.each([
  [1, "suspended", 2],
  [9, "failed", 4],
] as const)(
  "a suspension that the store refuses %i times is no suspension",
  async (times, status, tried) => {
    const own = checkpoints();
    const { agent } = twoRefunds(own);
    const { store, tries } = failing(memory(), times);
    const world = await createWorld({ agent: ziroAgent(agent), store });
    const runId = await world.run("go");
    const { run, pending } = await world.status(runId);
    expect([run.status, pending.length, tries()]).toEqual([
      status,
      status === "suspended" ? 1 : 0,
      tried,
    ]);
    if (status === "failed")
      expect(run.outcome).toMatchObject({ error: { message: "the disk is full" } });
    expect(own.puts).toEqual([]);
  },
);

test("Ziro knows its suspensions by their class, and keeps none of another copy of its package", async () => {
  const own = checkpoints();
  const refund = recorded("refund", { requiresApproval: true });
  const { createAgent: createOther } = await another();
  const model = scripted(wants(["a", "refund", {}]));
  const below = createOther({ name: "below", model, tools: { refund } });
  const asking = { ...scripted(), generate: async () => below.run({ prompt: "go" }) as never };
  const above = createAgent({ name: "above", model: asking, checkpointer: own });
  const failed = above.run({ prompt: "go", threadId: "t" });
  await expect(failed).rejects.toMatchObject({ __ziro_suspended__: true });
  await expect(failed).rejects.not.toBeInstanceOf(AgentSuspendedError);
  expect(own.puts).toEqual([]);
});

/** The package a second time, as two versions in one tree are. */
async function another(): Promise<typeof standIn> {
  return (await import(`${new URL("./standIn.ts", import.meta.url).href}?another`)) as never;
}

test.each(["another copy's", "no class's"])("a suspension of %s is one", async (whose) => {
  const refund = recorded("refund", { requiresApproval: true });
  const model = scripted(wants(["a", "refund", {}]), says("done"));
  const { createAgent: createOther } = await another();
  const own = createOther({ name: "support", model, tools: { refund } });
  const agent: Agent = {
    ...own,
    async run(asked) {
      try {
        return await own.run(asked);
      } catch (error) {
        throw whose === "no class's" ? JSON.parse(JSON.stringify(error)) : error;
      }
    },
  };
  const world = await createWorld({ agent: ziroAgent(agent) });
  const runId = await world.run("go");
  expect((await world.status(runId)).pending).toMatchObject([{ callId: "a" }]);
  await world.agent.approve({ threadId: "t", runId, callId: "a" });
  await world.settle();
  expect((await world.status(runId)).run.status).toBe("completed");
});

test("a second suspension goes to the agent's own thread with Ziro", async () => {
  const own = checkpoints();
  const { agent } = twoRefunds(own);
  await expect(agent.run({ prompt: "go", threadId: "user:42" })).rejects.toThrow();
  const decisions = { a: { decision: "approve" as const } };
  await expect(agent.resumeFromCheckpoint("user:42", { decisions })).rejects.toThrow();
  expect(own.puts).toEqual(["user:42", "placeholder"]);
});

test("a second suspension stays in its thread", async () => {
  const checkpointer = new StoreCheckpointer(memory());
  const { agent, refund } = twoRefunds(checkpointer);
  const world = await createWorld({ agent: ziroAgent(agent), store: checkpointer.store });
  const runId = await world.run("go", { threadId: "user:42" });
  await world.agent.approve({ threadId: "user:42", runId, callId: "a" });
  await world.settle();
  expect(await agent.checkpointer?.get("user:42")).toMatchObject({
    step: 2,
    pendingApprovals: [{ toolCallId: "b" }],
  });
  expect(await checkpointer.get("placeholder")).toBeNull();
  await world.agent.approve({ threadId: "user:42", runId, callId: "b" });
  await world.settle();
  expect((await world.status(runId)).run.status).toBe("completed");
  expect(refund.seen).toHaveLength(2);
});

test("a handoff that suspends is swallowed by Ziro, and what it was about lies in a thread of everybody's", async () => {
  const own = checkpoints();
  const refund = recorded("refund", { requiresApproval: true });
  const below = createAgent({
    name: "billing",
    model: scripted(says("unused"), wants(["x", "refund", {}])),
    tools: { refund },
    checkpointer: own,
    defaultThreadId: "placeholder",
  });
  const model = scripted(wants(["h", "transfer_to_billing", {}]), says("all well"));
  const agent = createAgent({ name: "triage", model, handoffs: [below] });
  const { finishReason, steps } = await agent.run({ prompt: "go", threadId: "user:42" });
  expect([finishReason, steps[0]?.toolResults]).toMatchObject([
    "completed",
    [{ isError: true, result: { name: "AgentSuspendedError" } }],
  ]);
  expect(own.puts).toEqual(["placeholder"]);
});

test("an agent as a step without a thread is refused, and goes to none", async () => {
  const checkpointer = new StoreCheckpointer(memory());
  const { agent } = twoRefunds(checkpointer);
  const step = {
    run: async (_: unknown, work: () => unknown) => work(),
    sleep: async () => undefined,
  };
  await expect(runAsStep(step as never, agent, { prompt: "go" } as never)).rejects.toMatchObject({
    message: expect.stringContaining("threadId"),
  });
  expect(await checkpointer.get("placeholder")).toBeNull();
});

test("a run event without a thread fails by name, and goes to no thread", async () => {
  const checkpointer = new StoreCheckpointer(memory());
  const { agent } = twoRefunds(checkpointer);
  const world = await createWorld({ agent: ziroAgent(agent), store: checkpointer.store });
  await world.server.send({ name: "ziro/agent.run.requested", data: { prompt: "go" } });
  await world.settle();
  expect(world.server.runs()).toMatchObject([
    { status: "Failed", error: { message: expect.stringContaining("threadId") } },
    {},
  ]);
  expect(await checkpointer.get("placeholder")).toBeNull();
  expect(await world.store.threads.list()).toMatchObject({ threads: [] });
});
