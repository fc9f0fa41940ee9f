import { RetryAfterError } from "inngest";
import { expect, test } from "vitest";
import { calls, createWorld, recorder, turns, type World } from "../bridge/world.ts";
import { testHere } from "./here.ts";

const HOUR = 3_600_000;
const SILENCE = 120_000;

/** How long the run's holder may be silent now. */
async function allowed({ store }: World): Promise<number | undefined> {
  return (await store.runs.standing("t"))?.ms;
}

testHere(
  "a call that is finished does not shorten the back-off of one beside it",
  async (where) => {
    const failed = Promise.withResolvers<undefined>();
    let failures = 0;
    const later = recorder(() => {
      failures += 1;
      failed.resolve(undefined);
      if (failures === 1) throw new RetryAfterError("later", HOUR);
      return "ok";
    });
    const quick = recorder(async () => {
      // Its commit comes behind the failure of the other.
      await failed.promise;
      return "ok";
    });
    const world = await createWorld({
      ...where,
      tools: { later, quick },
      model: turns(calls(["a", "later", {}], ["b", "quick", {}]), { text: "done" }),
      server: { inFlight: { total: 2, perRun: 2 } },
    });
    await world.server.send({
      name: "ziro/agent.run.requested",
      id: "e1",
      data: { threadId: "t", prompt: "go" },
    });
    await world.server.settle();
    expect([later.seen.length, quick.seen.length]).toEqual([1, 1]);
    expect(await allowed(world)).toBe(HOUR + SILENCE);
    // Rounds of upkeep pass, and leave it alone.
    await world.server.advance("50m");
    expect(later.seen).toHaveLength(1);
    await world.server.settle({ advance: true });
    expect(world.report()).toMatchObject({ status: "completed", output: { response: "done" } });
    expect([later.seen.length, quick.seen.length]).toEqual([2, 1]);
    expect(world.executions()).toHaveLength(1);
  },
);

test("a tool that has slept is heard again by its next step", async () => {
  const world: World = await createWorld({
    tools: {
      nap: recorder(undefined, {
        durable: "self",
        execute: async (_input, { step }) => {
          await step?.sleep("nap", HOUR);
          return step?.run("after", async () => allowed(world));
        },
      }),
    },
    model: turns(calls(["a", "nap", {}]), ({ messages }) => ({
      text: String(messages.at(-1)?.content),
    })),
  });
  await world.server.send({
    name: "ziro/agent.run.requested",
    id: "e1",
    data: { threadId: "t", prompt: "go" },
  });
  await world.server.advance("30m");
  expect(await allowed(world)).toBe(HOUR + SILENCE);
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ output: { response: String(SILENCE) } });
});
