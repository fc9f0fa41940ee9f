import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
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
