import { memoryBackend } from "@perdure/checkpoint-core";
import { describe, expect, test } from "vitest";
import { counted, failure, KEY, open } from "./desk.ts";

describe("resolve", () => {
  test("a person's word counts once, for the attempt that they were shown", async () => {
    const store = open();
    await failure(store.effects.once("t", KEY, () => Promise.reject(new Error("lost"))));
    const [shown] = await store.effects.unrecorded("t");
    const attempt = shown?.attempt ?? 0;
    const named = { attempt, outcome: { done: 7 }, operationId: "click" };
    const first = await store.effects.resolve("t", KEY, named);
    expect(first).toMatchObject({
      counted: true,
      effect: { status: "recorded", value: 7, attempt },
    });
    expect(await store.effects.resolve("t", KEY, named)).toEqual(first);
    expect(await store.effects.resolve("t", KEY, { attempt, outcome: "again" })).toEqual({
      ...first,
      counted: false,
    });
    expect(await store.effects.unrecorded("t")).toEqual([]);
  });

  test("again lets the next call do the work once more, and a late outcome of the first attempt is still kept", async () => {
    const store = open();
    const { promise, resolve: late } = Promise.withResolvers<string>();
    const slow = store.effects.once("t", KEY, () => promise);
    await expect.poll(() => store.effects.get("t", KEY)).toMatchObject({ status: "inFlight" });
    const effect = await store.effects.get("t", KEY);
    const seen = effect?.status === "inFlight" ? effect.seen : 0;
    const attempt = effect?.attempt ?? 0;
    expect(
      await failure(store.effects.resolve("t", KEY, { attempt, outcome: "again" })),
    ).toMatchObject({ code: "IN_FLIGHT" });
    await store.effects.resolve("t", KEY, { attempt, seen, outcome: "again" });
    expect(await store.effects.get("t", KEY)).toMatchObject({ status: "again", attempt });
    late("late");
    expect(await slow).toMatchObject({ value: "late", attempt });
    const work = counted();
    expect(await store.effects.once("t", KEY, work)).toMatchObject({
      value: "late",
      replayed: true,
    });
    expect(work.times).toBe(0);
  });
});

test("another user learns nothing and changes nothing; another life knows nothing", async () => {
  const backend = memoryBackend();
  const store = open(backend);
  const ann = store.for({ user: "ann" });
  await ann.effects.once("t", KEY, () => "hers");
  const bob = store.for({ user: "bob" });
  const calls = [
    bob.effects.once("t", KEY, counted()),
    bob.effects.get("t", KEY),
    bob.effects.unrecorded("t"),
    bob.effects.resolve("t", KEY, { attempt: 1, outcome: "again", operationId: "o" }),
  ];
  for (const call of calls) expect(await failure(call)).toMatchObject({ code: "FORBIDDEN" });
  expect(await store.for({ tenant: "other" }).effects.get("t", KEY)).toBeUndefined();
});
