import {
  type EffectInFlightError,
  EffectNotDoneError,
  type EffectUnknownError,
  memoryBackend,
  StorageError,
} from "@perdure/checkpoint-core";
import { describe, expect, test } from "vitest";
import { ManualTimer } from "../manualTimer.ts";
import { losingAcknowledgements, wrapBackend } from "../wrap.ts";
import { abandon, counted, failure, hold, KEY, open } from "./desk.ts";

describe("once", () => {
  test("does the work, answers what is stored, and answers the same to all who ask again", async () => {
    const store = open();
    const lease = await hold(store);
    const work = counted({ amount: 5n, at: new Date(0) });
    const first = await store.effects.once("t", KEY, work, { lease });
    expect(first).toEqual({
      value: { amount: 5n, at: new Date(0) },
      attempt: expect.any(Number),
      replayed: false,
    });
    expect(await store.effects.once("t", KEY, work, { lease })).toEqual({
      ...first,
      replayed: true,
    });
    expect(await store.for({}).effects.once("t", KEY, work)).toEqual({ ...first, replayed: true });
    expect(work.times).toBe(1);
  });

  test("records the outcome also when the lease was lost meanwhile, and moves no pulse for it", async () => {
    const store = open();
    const lease = await hold(store);
    const result = await store.effects.once(
      "t",
      KEY,
      async () => {
        await hold(store, "E2");
        return "paid";
      },
      { lease },
    );
    expect(result).toMatchObject({ value: "paid", replayed: false });
    expect(await store.effects.get("t", KEY)).toMatchObject({ status: "recorded", value: "paid" });
  });

  test("tells the caller when the thread was deleted meanwhile, and leaves nothing in its next life", async () => {
    const store = open();
    const call = store.effects.once("t", KEY, async () => {
      await store.threads.delete("t");
      await store.threads.create("t");
      return "paid";
    });
    expect(await failure(call)).toMatchObject({ code: "DELETED" });
    expect(await store.effects.get("t", KEY)).toBeUndefined();
    expect(await store.effects.unrecorded("t")).toEqual([]);
  });

  test("begins nothing without the lease that it was given", async () => {
    const store = open();
    const lease = await hold(store);
    await hold(store, "E2");
    const work = counted();
    expect(await failure(store.effects.once("t", KEY, work, { lease }))).toMatchObject({
      code: "LEASE_LOST",
    });
    expect(work.times).toBe(0);
    expect(await store.effects.get("t", KEY)).toBeUndefined();
  });

  test("tells one in flight from an unknown one: silent for its time, or taken over", async () => {
    const store = open();
    const lease = await hold(store);
    await abandon(store, lease);
    const { effect } = await failure<EffectInFlightError>(
      store.effects.once("t", KEY, counted(), { lease }),
    );
    expect(effect).toMatchObject({ status: "inFlight", ms: 60_000, runId: "r", execution: "E1" });
    expect(await store.effects.get("t", KEY, { seen: effect.seen })).toMatchObject({
      status: "unknown",
      attempt: effect.attempt,
    });
    const taken = await hold(store, "E2");
    expect(await failure(store.effects.once("t", KEY, counted(), { lease: taken }))).toMatchObject({
      code: "OUTCOME_UNKNOWN",
      retryable: false,
      effect: { status: "unknown", attempt: effect.attempt },
    });
  });

  test("an attempt that works longer than it may be silent beats, and is in flight as long as it does", async () => {
    const timer = new ManualTimer();
    const store = open(memoryBackend(), timer);
    const { promise, resolve: finish } = Promise.withResolvers<string>();
    const attempt = store.effects.once("t", KEY, () => promise, {
      ms: 900,
    });
    await timer.passed(0);
    const seenAt = async (): Promise<number> => {
      const effect = await store.effects.get("t", KEY);
      return effect?.status === "inFlight" ? effect.seen : 0;
    };
    const seen = await seenAt();
    await timer.passed(300);
    expect(await seenAt()).toBeGreaterThan(seen);
    expect(await store.effects.get("t", KEY, { seen })).toMatchObject({ status: "inFlight" });
    finish("paid");
    expect(await attempt).toMatchObject({ value: "paid" });
    expect(timer.waiting).toBe(0);
  });

  test("what the work throws makes the attempt unknown at once, and is the cause of the error", async () => {
    const store = open();
    const cause = new TypeError("socket hang up");
    const error = await failure<EffectUnknownError>(
      store.effects.once("t", KEY, () => Promise.reject(cause)),
    );
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", cause });
    expect(await store.effects.unrecorded("t")).toEqual([
      expect.objectContaining({
        key: KEY,
        status: "unknown",
        error: { name: "TypeError", message: "socket hang up" },
      }),
    ]);
  });

  test("what surely did not happen is forgotten, and the next call does it under the same idempotency key", async () => {
    const store = open();
    const keys: string[] = [];
    for (const error of [new EffectNotDoneError("refused"), new RangeError("no")])
      expect(
        await failure(
          store.effects.once(
            "t",
            KEY,
            ({ idempotencyKey }) => {
              keys.push(idempotencyKey);
              throw error;
            },
            { isNotDone: (thrown) => thrown instanceof RangeError },
          ),
        ),
      ).toBe(error);
    expect(await store.effects.get("t", KEY)).toBeUndefined();
    const { value } = await store.effects.once("t", KEY, ({ idempotencyKey }) => idempotencyKey);
    expect(new Set([...keys, value]).size).toBe(1);
  });

  test("asks what to do about an unknown attempt: again, done, or fail", async () => {
    const store = open();
    await failure(store.effects.once("t", KEY, () => Promise.reject(new Error("lost"))));
    const asked: unknown[] = [];
    const work = counted("again");
    const again = await store.effects.once("t", KEY, work, {
      onUnknown: (effect) => {
        asked.push(effect.error?.message);
        return "again";
      },
    });
    expect(again).toMatchObject({ value: "again", replayed: false });
    expect([asked, work.times]).toEqual([["lost"], 1]);
    await failure(store.effects.once("t", "other", () => Promise.reject(new Error("lost"))));
    const done = await store.effects.once("t", "other", work, {
      onUnknown: () => Promise.resolve({ done: "found" }),
    });
    expect(done).toMatchObject({ value: "found", replayed: true });
    expect(work.times).toBe(1);
  });

  test("records an outcome that cannot be kept as done, with the reason, and never does it again", async () => {
    const store = open();
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    for (const [key, value, code] of [
      ["function", () => undefined, "UNSUPPORTED_VALUE"],
      ["deep", deep, "TOO_LARGE"],
    ] as const) {
      const work = counted(value);
      const first = await store.effects.once("t", key, work);
      expect(first).toMatchObject({ unkept: { code }, replayed: false });
      expect(await store.effects.once("t", key, work)).toEqual({ ...first, replayed: true });
      expect(work.times).toBe(1);
    }
  });

  test("a lost acknowledgement of either write does not lose or double the work", async () => {
    for (let lost = 0; lost < 6; lost += 1) {
      const backend = losingAcknowledgements(memoryBackend(), (index) => index === lost);
      const timer = new ManualTimer();
      const store = open(backend, timer);
      const work = counted();
      const call = store.effects.once("t", KEY, work);
      await timer.passed(1000);
      const [outcome] = await Promise.allSettled([call]);
      if (outcome.status === "fulfilled")
        expect(outcome.value).toMatchObject({ value: "paid", replayed: false });
      expect(await open(backend).effects.once("t", KEY, work)).toMatchObject({ value: "paid" });
      expect(work.times).toBe(1);
    }
  });

  test("an engine that is gone while the outcome is recorded is told, and the attempt stays unknown", async () => {
    const backend = memoryBackend();
    let down = false;
    const flaky = wrapBackend(backend, {
      write: (partition, batch) =>
        down
          ? Promise.reject(new StorageError("UNAVAILABLE", "Gone."))
          : backend.write(partition, batch),
    });
    const timer = new ManualTimer();
    const call = open(flaky, timer).effects.once("t", KEY, () => {
      down = true;
      return "paid";
    });
    const failed = failure(call);
    for (let pause = 0; pause < 8; pause += 1) await timer.passed(5000);
    expect(await failed).toMatchObject({
      code: "OUTCOME_UNKNOWN",
      cause: { code: "UNAVAILABLE" },
    });
    expect(timer.waiting).toBe(0);
    expect(await open(backend).effects.get("t", KEY)).toMatchObject({ status: "inFlight" });
  });
});
