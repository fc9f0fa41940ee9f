import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Fault, Message } from "../../src/testing/index.ts";
import { paidWorld, type PaidWorld, told } from "./world.ts";

/** Takes as long as another delivery needs to come to the same place. */
async function slowly(): Promise<void> {
  for (let count = 0; count < 8; count += 1) await turn();
}

async function paidUnder(
  checkpointing: boolean,
  kind: Message["kind"],
  index: number,
  fault: Fault,
): Promise<PaidWorld & { readonly met: boolean }> {
  let met = false;
  const world = await paidWorld({
    checkpointing,
    before: slowly,
    faults: {
      [kind]: (message: Message) => {
        if (message.index !== index || message.instance === undefined) return undefined;
        met = true;
        return fault;
      },
    },
  });
  await world.go();
  return { ...world, met };
}

const CALLS = 7;

describe.each([true, false])("one payment, checkpointing %s", (checkpointing) => {
  test.each(["lose-request", "lose-response", "stop-before", "stop-after"] as const)(
    "is made and nobody is asked, whichever call meets %s",
    async (fault) => {
      for (let index = 0; index < CALLS; index += 1) {
        const world = await paidUnder(checkpointing, "call", index, fault);
        const { run } = (await world.agent.status({ runId: "r1" })) ?? {};
        expect([index, run, world.paid.length]).toMatchObject([
          index,
          { outcome: { status: "completed", output: { response: 'told: "receipt 1"' } } },
          1,
        ]);
      }
    },
  );

  test.each([0, 1] as const)(
    "is made once by one of two deliveries at once, and the other waits and does not ask (the answer of %s counts)",
    async (double) => {
      let waited = 0;
      for (let index = 0; index < CALLS; index += 1) {
        const world = await paidUnder(checkpointing, "call", index, { double });
        expect([index, world.paid.length]).toEqual([index, 1]);
        expect(await world.pending()).toEqual([]);
        expect((await world.agent.status({ runId: "r1" }))?.run.outcome).toMatchObject({
          status: "completed",
          output: { response: 'told: "receipt 1"' },
        });
        expect(await world.store.history.count("t")).toBe(4);
        const names = world.executions().flatMap(({ steps }) => steps.map(({ name }) => name));
        if (names.some((name) => name.endsWith("/wait:0"))) waited += 1;
      }
      if (double === 1) expect(waited).toBeGreaterThan(0);
    },
  );

  test("is made at most once where a process dies, and a question says so where nobody knows", async () => {
    for (let index = 0; index < CALLS; index += 1) {
      const world = await paidUnder(checkpointing, "call", index, "stop-during");
      const [asked] = await world.pending();
      if (asked) {
        expect(asked).toMatchObject({ tool: "pay:outcome" });
        await world.agent.answer({ threadId: "t", approvalId: asked.id, value: "looked" });
        await world.settle();
        expect(told(world)).toBe('told: "looked"');
      } else expect(world.paid).toHaveLength(1);
      expect(world.paid.length).toBeLessThan(2);
      expect((await world.agent.status({ runId: "r1" }))?.run.status).toBe("completed");
    }
  });

  test("is recorded by an execution that was taken over, and found by the one that took over", async () => {
    const world = await paidWorld({
      checkpointing,
      async before() {
        const ask = { runId: "r1", execution: "other", event: "other", ms: 1000 };
        const busy = await world.store.runs.claim("t", { ...ask, operationId: "other/0" });
        if (busy.status !== "busy") throw new Error(`The holder is ${busy.status}.`);
        const { seen } = busy;
        await world.store.runs.claim("t", { ...ask, operationId: "other/1", seen });
      },
    });
    await world.go();
    expect(world.report()).toMatchObject({ status: "lost", run: { status: "running" } });
    expect(await world.effects()).toEqual([]);
    await world.agent.resume({ runId: "r1" });
    await world.settle();
    expect(told(world)).toBe('told: "receipt 1"');
    expect(world.paid).toHaveLength(1);
  });
});
