import { expect, test } from "vitest";
import type { FunctionCallbacks } from "../src/index.ts";
import type { Message } from "../src/testing/index.ts";
import { testEverywhere } from "./bridge/everywhere.ts";
import { calls, createWorld, recorder, turns } from "./bridge/world.ts";

function heard(): { readonly log: unknown[]; readonly agent: Required<FunctionCallbacks> } {
  const log: unknown[] = [];
  const agent: Required<FunctionCallbacks> = {
    onChunk: ({ data }) => log.push(["chunk", data.partId]),
    onStepFinish: ({ stepId }) => log.push(["step", stepId]),
    onFinish: ({ text }) => log.push(["finish", text]),
    onError: ({ message }) => log.push(["error", message]),
    onSuspended: ({ pending }) => log.push(["suspended", pending.length]),
    onAbort: ({ status, threadId }) => log.push(["abort", status, threadId]),
  };
  return { log, agent };
}

testEverywhere(
  "callbacks of the agent are called in its functions, each in a step of its own, once",
  async (where) => {
    const { log, agent } = heard();
    const world = await createWorld({
      ...where,
      agent,
      tools: { refund: recorder(() => "ok", { requiresApproval: true }) },
      model: turns(calls(["r", "refund", {}]), { text: "done" }),
    });
    await world.send({ threadId: "t", prompt: "go" }, "e1");
    await world.agent.approve({ threadId: "t", callId: "r" });
    await world.server.settle({ advance: true });
    expect(log).toEqual([
      ["step", "think:1"],
      ["chunk", "1:call:r"],
      ["suspended", 1],
      ["step", "tool:1:r"],
      ["chunk", "1:output:r"],
      ["step", "think:2"],
      ["chunk", "2:text"],
      ["finish", "done"],
    ]);
    const steps = world.executions().flatMap((run) => run.steps.map(({ name }) => name));
    expect(steps.filter((name) => name?.startsWith("on"))).toHaveLength(8);
  },
);

for (const checkpointing of [true, false])
  test(`a callback whose step's response is lost is called again, and what is stored is not (checkpointing ${checkpointing})`, async () => {
    for (let index = 0; index < 6; index += 1) {
      const { log, agent } = heard();
      const world = await createWorld({
        checkpointing,
        agent: { onFinish: agent.onFinish },
        server: {
          faults: {
            call: ({ index: at }: Message) => (at === index ? "lose-response" : undefined),
          },
        },
      });
      await world.send({ threadId: "t", prompt: "go" }, "e1");
      expect(world.report()).toMatchObject({ status: "completed" });
      expect(new Set(log.map((one) => JSON.stringify(one)))).toEqual(
        new Set(['["finish","hello"]']),
      );
      expect(log.length).toBeLessThanOrEqual(2);
      expect(await world.history()).toHaveLength(2);
    }
  });

test("one that throws is tried again, then given up, and the run does not notice", async () => {
  let tries = 0;
  const world = await createWorld({
    agent: {
      onFinish: () => {
        tries += 1;
        throw new Error("no");
      },
    },
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  expect(tries).toBe(4);
  expect(world.report()).toMatchObject({ status: "completed", output: { response: "hello" } });
});

test("a failure and each way to cancel are heard", async () => {
  const failing = heard();
  const broken = await createWorld({
    agent: { onError: failing.agent.onError },
    model: () => {
      throw new Error("down");
    },
  });
  await broken.send({ threadId: "t", prompt: "go" }, "e1");
  expect(failing.log).toEqual([["error", "down"]]);

  const { log, agent } = heard();
  const world = await createWorld({
    agent: { onAbort: agent.onAbort },
    tools: { refund: recorder(() => "ok", { requiresApproval: true }) },
    model: turns(calls(["r", "refund", {}])),
  });
  await world.send({ threadId: "t", prompt: "go" }, "e1");
  for (let times = 0; times < 2; times += 1) {
    await world.agent.cancel({ runId: "run-e1" });
    await world.server.settle({ advance: true });
  }
  expect(log).toEqual([["abort", "cancelled", "t"]]);
});
