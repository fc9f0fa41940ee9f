import { expect, test } from "vitest";
import type { AgentTool } from "../src/index.ts";
import { faultAt } from "../src/testing/index.ts";
import { calls, createWorld, recorder, turns, type WorldOptions } from "./bridge/world.ts";

type Predicate = Exclude<NonNullable<AgentTool["requiresApproval"]>, boolean>;

const wanted = turns(calls(["r", "refund", { order: 1 }], ["o", "look", {}]), { text: "done" });

/** A run whose refund goes by the predicate, beside a call that nobody has to agree to. */
async function refunding(requiresApproval: Predicate, more: WorldOptions = {}) {
  const refund = recorder(() => "paid", { requiresApproval });
  const look = recorder(() => "seen");
  const world = await createWorld({ tools: { refund, look }, model: wanted, ...more });
  await world.send({ threadId: "t", prompt: "go", runId: "run" }, "e1");
  const pending = await world.store.approvals.pending("t");
  return { world, refund, look, pending };
}

const never = async (): Promise<never> => {
  throw new RangeError("rates are down");
};

test.each<[string, unknown, string]>([
  ["throws", never, "RangeError: rates are down"],
  [
    "throws at once",
    () => {
      throw "text";
    },
    "Error: text",
  ],
  ["gives nothing", () => undefined, "it gave undefined, which is neither true nor false"],
  ["gives a text", async () => "false", "it gave string, which is neither true nor false"],
  ["gives null", () => null, "it gave null, which is neither true nor false"],
])(
  "a predicate that %s: the answer is kept and a person is asked",
  async (_how, predicate, why) => {
    const { world, refund, look, pending } = await refunding(predicate as Predicate);
    expect(pending).toMatchObject([{ callId: "r", tool: "refund", input: { order: 1 } }]);
    expect(world.asked).toHaveLength(1);
    expect([refund.seen.length, look.seen.length]).toEqual([0, 1]);
    const think = world.executions()[0]?.steps.find(({ name }) => name === "think");
    expect(JSON.stringify(think)).toContain(why);
    await world.agent.approve({ threadId: "t", approvalId: pending[0]?.id ?? "" });
    await world.server.settle({ advance: true });
    expect(world.report()).toMatchObject({ status: "completed" });
    expect(world.asked).toHaveLength(2);
    expect(refund.seen).toHaveLength(1);
  },
);

test.each([true, false])("an async predicate decides: %s", async (asks) => {
  const { pending, refund } = await refunding(async () => asks);
  expect(pending).toHaveLength(asks ? 1 : 0);
  expect(refund.seen).toHaveLength(asks ? 0 : 1);
});

test("a schema that throws while the call is judged: a person is asked", async () => {
  const refund = recorder(() => "paid", {
    requiresApproval: () => false,
    parameters: {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: () => {
          throw new TypeError("no schema");
        },
      },
    },
  });
  const world = await createWorld({ tools: { refund, look: recorder() }, model: wanted });
  await world.send({ threadId: "t", prompt: "go" });
  expect(await world.store.approvals.pending("t")).toHaveLength(1);
  expect(world.asked).toHaveLength(1);
});

test.each([true, false])(
  "what is judged is judged once: one that would throw the next time changes nothing (checkpointing %s)",
  async (checkpointing) => {
    let requests = 1;
    for (let lost = 0; lost < requests; lost += 1) {
      let judged = 0;
      const predicate = (): boolean => {
        judged += 1;
        if (judged > 1) throw new Error("again");
        return false;
      };
      const server = { faults: faultAt(lost, "lose-response") };
      const { world, refund, pending } = await refunding(predicate, { checkpointing, server });
      expect(pending).toEqual([]);
      expect(world.report()).toMatchObject({ status: "completed" });
      expect([judged, refund.seen.length]).toEqual([1, 1]);
      requests = world.server.requests.length;
    }
    expect(requests).toBeGreaterThan(1);
  },
);
