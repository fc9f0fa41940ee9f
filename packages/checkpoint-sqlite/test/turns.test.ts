import { expect, test } from "vitest";
import { turns } from "../src/turns.ts";

/** Work that finds the file locked so many times, and then does what it is there for. */
function lockedTimes(times: number, work: () => void): () => void {
  let left = times;
  return () => {
    left -= 1;
    if (left >= 0) throw Object.assign(new Error("database is locked"), { code: "SQLITE_BUSY" });
    work();
  };
}

test("writes are done in the order of the calls, however long the first has to wait for the lock", async () => {
  const pauses = [1, 0, 0];
  const queue = turns({ waitMs: 10_000, random: () => pauses.shift() ?? 0 });
  const done: string[] = [];
  await Promise.all([
    queue.write(lockedTimes(2, () => done.push("first"))),
    queue.write(lockedTimes(1, () => done.push("second"))),
    queue.write(() => done.push("third")),
  ]);
  expect(done).toEqual(["first", "second", "third"]);
});

test("a write that stood behind others of its own process has its whole bound before it", async () => {
  const clock = { now: 0 };
  const queue = turns({ waitMs: 500, now: () => clock.now });
  const done: string[] = [];
  const first = queue.write(() => {
    clock.now = 1000;
    done.push("first");
  });
  const second = queue.write(lockedTimes(1, () => done.push("second")));
  await Promise.all([first, second]);
  expect(done).toEqual(["first", "second"]);
});

test("after the bound a write gives up, and the next one is tried", async () => {
  const clock = { now: 0 };
  const queue = turns({ waitMs: 500, now: () => clock.now });
  const locked = lockedTimes(2, () => undefined);
  const first = queue.write(() => {
    clock.now += 300;
    locked();
  });
  await expect(first).rejects.toMatchObject({ code: "CONTENTION", retryable: true });
  expect(await queue.write(() => "written")).toBe("written");
});

test.each(["read", "write"] as const)(
  "a long row of %ss lets the event loop turn",
  async (kind) => {
    const clock = { now: 0 };
    const queue = turns({ waitMs: 500, now: () => clock.now });
    const state = { turned: false };
    setImmediate(() => {
      state.turned = true;
    });
    for (let index = 0; index < 10; index += 1)
      await queue[kind](() => {
        clock.now += 1;
      });
    expect(state.turned).toBe(true);
  },
);
