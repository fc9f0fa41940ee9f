import { getEventListeners } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { systemTimer } from "../src/store/timer.ts";

const timers = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;

test("a wait that is aborted is over at once, and leaves neither a timer nor a listener", async () => {
  const before = timers();
  const stop = new AbortController();
  const waits = Array.from({ length: 100 }, async () => systemTimer.wait(3_600_000, stop.signal));
  expect(timers()).toBe(before + 100);
  stop.abort();
  await Promise.all(waits);
  await systemTimer.wait(3_600_000, stop.signal);
  expect([timers(), getEventListeners(stop.signal, "abort")]).toEqual([before, []]);
});

test("a wait that is over leaves no listener", async () => {
  const { signal } = new AbortController();
  await systemTimer.wait(0, signal);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("a wait that is longer than the platform's longest does not ring before its time", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const longest = 2 ** 31 - 1;
  const { signal } = new AbortController();
  let rang = false;
  const wait = systemTimer.wait(2.5 * longest, signal).then(() => (rang = true));
  await vi.advanceTimersByTimeAsync(2 * longest + 1);
  expect(rang).toBe(false);
  await vi.advanceTimersByTimeAsync(longest / 2);
  expect(await wait).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
  const stop = new AbortController();
  const stopped = systemTimer.wait(Number.MAX_SAFE_INTEGER, stop.signal);
  await vi.advanceTimersByTimeAsync(longest);
  stop.abort();
  await stopped;
  expect(vi.getTimerCount()).toBe(0);
});
