import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Backend, createStore, memoryBackend, type Store } from "../../src/index.ts";
import { ManualTimer } from "../manualTimer.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

/** A store as one process has it. Its wall clock stands still: no clock decides. */
const open = (backend: Backend, timer = new ManualTimer()): Store =>
  createStore({ backend, timer, now: () => 1_700_000_000_000 });

/** An attempt of a process that died in it: it neither beats nor ends. */
async function dead(backend: Backend): Promise<void> {
  const started = Promise.withResolvers<void>();
  void open(backend).effects.once(
    "t",
    "refund",
    () => {
      started.resolve();
      return new Promise(() => {});
    },
    { ms: 300 },
  );
  await started.promise;
}

const work = (): never => {
  throw new Error("The work is done twice.");
};

test("a caller that only tries again gets an end, once it has waited", async () => {
  const backend = memoryBackend();
  await dead(backend);
  const { effects } = open(backend);
  const tries = async (): Promise<unknown> => effects.once("t", "refund", work);
  for (const wait of [0, 1, 298]) {
    vi.advanceTimersByTime(wait);
    await expect(tries()).rejects.toMatchObject({ code: "IN_FLIGHT", retryable: true });
  }
  vi.advanceTimersByTime(1);
  await expect(tries()).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", retryable: false });
  const again = await effects.once("t", "refund", () => "done", { onUnknown: () => "again" });
  expect(again).toMatchObject({ value: "done", replayed: false });
});

test("an attempt that has moved since is waited for anew", async () => {
  const backend = memoryBackend();
  const timer = new ManualTimer();
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  const alive = open(backend, timer).effects.once(
    "t",
    "refund",
    () => {
      started.resolve();
      return ended.promise;
    },
    { ms: 300 },
  );
  await started.promise;
  const { effects } = open(backend);
  const tries = async (): Promise<unknown> => effects.once("t", "refund", work);
  for (let round = 0; round < 4; round += 1) {
    await expect(tries()).rejects.toMatchObject({ code: "IN_FLIGHT" });
    await timer.passed(100);
    vi.advanceTimersByTime(1000);
  }
  ended.resolve("done");
  await alive;
  expect(await tries()).toMatchObject({ value: "done", replayed: true });
});

test("what another process has seen does not count, unless it says so", async () => {
  const backend = memoryBackend();
  await dead(backend);
  const { effects } = open(backend);
  const seen = await effects.once("t", "refund", work).catch((error: unknown) => error);
  vi.advanceTimersByTime(1000);
  const other = open(backend).effects;
  await expect(other.once("t", "refund", work)).rejects.toMatchObject({ code: "IN_FLIGHT" });
  const told = (seen as { readonly effect: { readonly seen: number } }).effect.seen;
  await expect(other.once("t", "refund", work, { seen: told })).rejects.toMatchObject({
    code: "OUTCOME_UNKNOWN",
  });
});
