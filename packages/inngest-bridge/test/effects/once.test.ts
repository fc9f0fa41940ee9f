import { createStore, EffectNotDoneError, memoryBackend } from "@perdure/checkpoint-core";
import { NonRetriableError } from "inngest";
import { describe, expect, test } from "vitest";
import { createAgentLoop, runLocally } from "../../src/index.ts";
import { testOn } from "../bridge/everywhere.ts";
import { onePayment, type Payment, paidWorld, question, told } from "./world.ts";

const places = (["memory", "sqlite"] as const).flatMap((engine) =>
  [true, false].map((checkpointing) => ({ engine, checkpointing })),
);

function testHere(promise: string, run: (where: (typeof places)[number]) => Promise<void>): void {
  for (const where of places)
    testOn(
      where.engine,
      `${promise} (${where.engine}, checkpointing ${where.checkpointing})`,
      30_000,
      () => run(where),
    );
}

testHere("an effect that ends costs no step more, and its outcome is recorded", async (where) => {
  const world = await paidWorld(where);
  await world.go();
  expect(told(world)).toBe('told: "receipt 1"');
  expect(world.executions()[0]?.steps.map(({ name }) => name)).toEqual([
    "begin",
    "think",
    "tool-pay",
    "think",
  ]);
  expect(world.paid).toHaveLength(1);
  expect(await world.effects()).toEqual([]);
});

const deaths = [
  ["before the payment", 0, { before: ({ nth, die }: Payment) => (nth === 0 ? die() : undefined) }],
  ["behind it", 1, { after: ({ nth, die }: Payment) => (nth === 0 ? die() : undefined) }],
] as const;

for (const [when, made, hooks] of deaths) {
  testHere(
    `a process that dies ${when} leaves a question, and nothing is guessed`,
    async (where) => {
      const world = await paidWorld({ ...where, ...hooks });
      await world.go();
      const asked = await question(world);
      expect(world.paid).toHaveLength(made);
      expect(asked).toMatchObject({
        tool: "pay:outcome",
        status: "pending",
        input: {
          question: expect.stringMatching(/not known.*Approve.*happens twice/s),
          callId: "r",
          input: { order: 1 },
        },
      });
      expect(await world.effects()).toMatchObject([{ status: "unknown", runId: "r1" }]);
      await world.agent.approve({ threadId: "t", approvalId: asked.id });
      await world.settle();
      expect(told(world)).toBe(`told: "receipt ${made + 1}"`);
      expect(world.paid).toHaveLength(made + 1);
      expect(new Set(world.paid.map(({ key }) => key)).size).toBe(1);
      expect(await world.effects()).toEqual([]);
    },
  );
}

describe("an error of the tool", () => {
  test("that says that nothing was done is tried again", async () => {
    const world = await paidWorld({
      before({ nth }) {
        if (nth === 0) throw new EffectNotDoneError("refused the connection");
      },
    });
    await world.go();
    expect(told(world)).toBe('told: "receipt 1"');
    expect(world.paid).toHaveLength(1);
  });

  test.each([
    ["is its result when the attempts are used up", new EffectNotDoneError("closed"), 4],
    [
      "is its result at once where it says that too",
      new NonRetriableError("declined", { cause: new EffectNotDoneError("declined") }),
      1,
    ],
  ] as const)("that says so %s", async (_what, error, tries) => {
    let tried = 0;
    const world = await paidWorld({
      before() {
        tried += 1;
        throw error;
      },
    });
    await world.go();
    expect(told(world)).toMatch(new RegExp(error.message));
    expect([tried, world.paid.length]).toEqual([tries, 0]);
    expect(await world.effects()).toEqual([]);
  });
});

test("an answer that cannot be kept says so, and nothing is done again", async () => {
  const world = await paidWorld({ tool: { execute: () => () => 1 } });
  await world.go();
  expect(told(world)).toMatch(/The call was done, but its result cannot be kept/);
});

test("a call whose id names a question is another call", async () => {
  const world = await paidWorld({
    model: ({ turn: at, messages }) =>
      at === 1
        ? { text: "", toolCalls: [{ id: "~outcome:1:r", name: "pay", input: {} }] }
        : onePayment({ turn: 2, messages } as never),
  });
  await world.go();
  expect(told(world)).toBe('told: "receipt 1"');
  expect(JSON.stringify(world.asked[1]?.messages)).not.toContain("~outcome");
});

test.each([
  [{ effect: "twice" }, /effect of the tool "pay"/],
  [{ effect: "once", durable: "self" }, /makes its own steps/],
] as const)("a tool with %j is refused", async (tool, message) => {
  await expect(paidWorld({ tool: tool as never })).rejects.toThrow(message);
});

test("without Inngest it is the same: a question, and a person's word", async () => {
  const store = createStore({ backend: memoryBackend() });
  let paid = 0;
  const agent = createAgentLoop({
    name: "cashier",
    model: onePayment,
    tools: {
      pay: {
        description: "Pays.",
        parameters: { type: "object" },
        effect: "once",
        execute() {
          paid += 1;
          if (paid === 1) throw new Error("timed out");
          return "receipt";
        },
      },
    },
  });
  const run = { store, threadId: "t", runId: "r1", prompt: "pay" };
  const waits = await runLocally(agent, run);
  expect(waits).toMatchObject({ status: "suspended", approvals: [{ tool: "pay:outcome" }] });
  const [asked] = await store.approvals.pending("t");
  await store.approvals.decide("t", { approvalId: asked?.id }, { kind: "answer", value: "found" });
  expect(await runLocally(agent, run)).toMatchObject({
    status: "completed",
    output: { response: 'told: "found"' },
  });
  expect(paid).toBe(1);
});
