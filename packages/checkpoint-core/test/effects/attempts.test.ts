import { memoryBackend } from "@perdure/checkpoint-core";
import { describe, expect, test } from "vitest";
import { EffectNotDoneError } from "../../src/index.ts";
import { ManualTimer } from "../manualTimer.ts";
import { wrapBackend } from "../wrap.ts";
import { counted, failure, KEY, open } from "./desk.ts";

/** What is seen of the attempt that is under way. */
async function shown(store: ReturnType<typeof open>): Promise<{ seen: number; attempt: number }> {
  const effect = await store.effects.get("t", KEY);
  if (effect?.status !== "inFlight") throw new Error("Nothing is in flight.");
  return { seen: effect.seen, attempt: effect.attempt };
}

/** Work that has begun and ends when it is told to. */
function pending(): {
  readonly work: () => Promise<string>;
  readonly started: Promise<void>;
  readonly finish: (value: string) => void;
} {
  const { promise, resolve: finish } = Promise.withResolvers<string>();
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const work = (): Promise<string> => {
    start();
    return promise;
  };
  return { work, started, finish };
}

/** Work that says that it was not done. */
const refuses = (): never => {
  throw new EffectNotDoneError("The bank is closed.");
};

/** A store with an attempt under way that has beaten so often, and one to which it beats once more before its first write. */
async function beating(beats: number): Promise<{
  readonly alive: ReturnType<typeof open>;
  readonly doubting: ReturnType<typeof open>;
}> {
  const inner = memoryBackend();
  const timer = new ManualTimer();
  const alive = open(inner, timer);
  const { work, started } = pending();
  void alive.effects.once("t", KEY, work, { ms: 300 });
  await started;
  for (let beat = 0; beat < beats; beat += 1) await timer.passed(100);
  let due = true;
  const doubting = open(
    wrapBackend(inner, {
      async write(...call) {
        if (due) {
          due = false;
          await timer.passed(100);
        }
        return inner.write(...call);
      },
    }),
    timer,
  );
  return { alive, doubting };
}

test("work that ends in another life of its thread is told that its own is over, and nothing of the new one", async () => {
  const backend = memoryBackend();
  const ann = open(backend).for({ tenant: "x", user: "ann" });
  const bob = open(backend).for({ tenant: "x", user: "bob" });
  await ann.threads.create("t");
  const { work, started, finish } = pending();
  const late = failure(ann.effects.once("t", KEY, work));
  await started;
  await ann.threads.delete("t");
  await bob.threads.create("t");
  await bob.effects.once("t", KEY, counted("bob's"));
  finish("ann's");
  expect(await late).toMatchObject({ code: "DELETED" });
  expect(await bob.effects.get("t", KEY)).toMatchObject({ value: "bob's" });
});

test("work that ends while its thread is being deleted does not fail for it", async () => {
  const inner = memoryBackend();
  const { work, started, finish } = pending();
  const { promise: dropping, resolve: drop } = Promise.withResolvers<void>();
  const store = open(inner);
  await store.threads.create("t");
  const late = store.effects.once("t", KEY, work);
  await started;
  const slow = open(
    wrapBackend(inner, {
      async drop(...call) {
        await dropping;
        await inner.drop(...call);
      },
    }),
  );
  const deleted = slow.threads.delete("t");
  await expect.poll(() => failure(store.effects.get("t", KEY))).toMatchObject({ code: "DELETED" });
  finish("done");
  expect(await late).toMatchObject({ value: "done" });
  drop();
  await deleted;
});

describe("an attempt after another that turns out not to have been done", () => {
  test("leaves the outcome of the first, which comes late, to be kept", async () => {
    const store = open();
    const { work, started, finish } = pending();
    const late = store.effects.once("t", KEY, work);
    await started;
    const { seen, attempt } = await shown(store);
    const again = { seen, onUnknown: () => "again" as const };
    expect(await failure(store.effects.once("t", KEY, refuses, again))).toMatchObject({
      code: "NOT_DONE",
    });
    expect(await store.effects.unrecorded("t")).toMatchObject([{ status: "again", attempt }]);
    finish("late");
    expect(await late).toMatchObject({ value: "late", attempt });
    const work2 = counted();
    expect(await store.effects.once("t", KEY, work2)).toMatchObject({ value: "late" });
    expect(work2.times).toBe(0);
  });

  test("is attempted again by the next, without another word", async () => {
    const store = open();
    await failure(store.effects.once("t", KEY, () => Promise.reject(new Error("lost"))));
    const [effect] = await store.effects.unrecorded("t");
    const attempt = effect?.attempt ?? 0;
    await store.effects.resolve("t", KEY, { attempt, outcome: "again" });
    for (let round = 0; round < 3; round += 1) await failure(store.effects.once("t", KEY, refuses));
    expect(await store.effects.unrecorded("t")).toMatchObject([{ status: "again", attempt }]);
    expect(await store.effects.once("t", KEY, counted("paid"))).toMatchObject({
      value: "paid",
      replayed: false,
    });
  });
});

describe("whether a failure means that nothing happened", () => {
  test.each([
    ["an answer that comes later", async () => true],
    ["an answer that is no boolean", () => "yes"],
    [
      "an error",
      () => {
        throw new Error("The question failed.");
      },
    ],
  ])("is not said by %s: the effect is unknown, for what the work threw", async (_, says) => {
    const store = open();
    const cause = new Error("The line broke.");
    const options = { isNotDone: says as unknown as () => boolean };
    const call = store.effects.once("t", KEY, () => Promise.reject(cause), options);
    expect(await failure(call)).toMatchObject({ code: "OUTCOME_UNKNOWN", cause });
    expect(await store.effects.unrecorded("t")).toMatchObject([
      { status: "unknown", error: { message: "The line broke." } },
    ]);
    const again = counted();
    expect(await failure(store.effects.once("t", KEY, again))).toMatchObject({
      code: "OUTCOME_UNKNOWN",
    });
    expect(again.times).toBe(0);
  });
});

describe("an attempt that beats between the look at its silence and the word on it", () => {
  test.for([0, 1, 2])("is not taken for dead, after %i beats", async (beats) => {
    const { alive, doubting } = await beating(beats);
    const { seen } = await shown(alive);
    const work = counted();
    const again = { seen, onUnknown: () => "again" as const };
    expect(await failure(doubting.effects.once("t", KEY, work, again))).toMatchObject({
      code: "IN_FLIGHT",
    });
    expect(work.times).toBe(0);
  });

  test.for([0, 1, 2])("is no person's to decide, after %i beats", async (beats) => {
    const { alive, doubting } = await beating(beats);
    const { seen, attempt } = await shown(alive);
    const word = { attempt, seen, outcome: { done: 7 } };
    expect(await failure(doubting.effects.resolve("t", KEY, word))).toMatchObject({
      code: "IN_FLIGHT",
    });
    expect(await alive.effects.get("t", KEY)).toMatchObject({ status: "inFlight" });
  });
});
