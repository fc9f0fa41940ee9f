import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { calls, createWorld, recorder, turns } from "./bridge/world.ts";

/** The answer of an execution whose thread is gone. */
const gone = { runId: "r", threadId: "t", status: "ended", reason: "deleted" };

/** In an attempt that none follows, nothing tells the step of the loss by itself. */
const lastAttempt = { functionOptions: { retries: 0 } } as const;

/** The thread ends its life, and begins another one. */
async function renew({ threads }: Store): Promise<void> {
  await threads.delete("t");
  await threads.create("t");
}

/** A store whose thread is deleted behind the look of a step at a call's result. */
function deletedBehindTheLook(): Store {
  const right = createStore({ backend: memoryBackend() });
  return {
    ...right,
    runs: {
      ...right.runs,
      async look(lease, at) {
        const seen = await right.runs.look(lease, at);
        if (at?.callId !== undefined) await renew(right);
        return seen;
      },
    },
  };
}

test.each([undefined, "self"] as const)(
  "a call whose thread is deleted behind the step's look is not made, and no failure (durable: %s)",
  async (durable) => {
    const tool = { ...recorder(), ...(durable === undefined ? {} : { durable }) };
    const world = await createWorld({
      store: deletedBehindTheLook(),
      tools: { tool },
      agent: lastAttempt,
      model: turns(calls(["c", "tool", {}])),
    });
    await world.send({ threadId: "t", runId: "r", prompt: "go" }, "e1");
    expect(world.report()).toEqual(gone);
    expect(world.executions().map(({ status }) => status)).toEqual(["Completed"]);
  },
);

test("nor is one that a person has agreed to, whose thread is deleted ahead of the look at the decision", async () => {
  const right = createStore({ backend: memoryBackend() });
  const refund = recorder(() => "paid", { requiresApproval: true });
  const deletion = { due: false };
  const store: Store = {
    ...right,
    approvals: {
      ...right.approvals,
      async get(threadId, id) {
        if (deletion.due) await renew(right);
        return right.approvals.get(threadId, id);
      },
    },
  };
  const world = await createWorld({
    store,
    tools: { refund },
    agent: lastAttempt,
    model: turns(calls(["c", "refund", {}])),
  });
  await world.send({ threadId: "t", runId: "r", prompt: "go" }, "e1");
  const [asked] = await right.approvals.pending("t");
  const approvalId = asked?.id ?? "";
  await right.approvals.decide("t", { approvalId }, { kind: "approve" });
  deletion.due = true;
  await world.resume({ threadId: "t", runId: "r" });
  expect(world.report()).toEqual(gone);
  expect(refund.seen).toEqual([]);
});

/** Over what goes through a step. */
const LARGE = "x".repeat(20_000);

test("nor one of a large input that is read again behind its step", async () => {
  const right = createStore({ backend: memoryBackend() });
  let looks = 0;
  const tool = recorder();
  const store: Store = {
    ...right,
    runs: {
      ...right.runs,
      async look(lease, at) {
        if (at?.turn === 1 && at.callId === undefined) looks += 1;
        if (looks === 3) await renew(right);
        return right.runs.look(lease, at);
      },
    },
  };
  const world = await createWorld({
    store,
    tools: { tool: { ...tool, durable: "self" } },
    agent: lastAttempt,
    model: turns(calls(["c", "tool", { LARGE }])),
  });
  await world.send({ threadId: "t", runId: "r", prompt: "go" }, "e1");
  expect(looks).toBeGreaterThanOrEqual(3);
  expect(world.report()).toEqual(gone);
  expect(tool.seen).toEqual([]);
});
