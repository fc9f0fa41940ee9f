import { expect, test } from "vitest";
import type { Backend } from "../../src/backend/contract.ts";
import { partitionName } from "../../src/backend/keys.ts";
import { memoryBackend } from "../../src/backend/memory.ts";
import { createStore } from "../../src/store/store.ts";
import { testClock } from "./processes.ts";

const HOUR = 60 * 60 * 1000;

/** An engine whose values are so small that what stands beside a state, or an entry's id, goes beyond one. */
function smallBackend(): Backend {
  const inner = memoryBackend();
  return { ...inner, limits: { ...inner.limits, maxValueBytes: 2048, maxWriteBytes: 65_536 } };
}

async function keysOf(backend: Backend, prefix: string): Promise<readonly string[]> {
  const name = partitionName("t", [undefined, "t"]);
  const range = { from: prefix, to: `${prefix}~`, limit: 1000 };
  return (await backend.scan(name, range, 0)).records.map(({ key }) => key);
}

/** So many characters that do not compress. */
function noise(length: number, seed = 1): string {
  let state = seed;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(35 + (state % 56));
  }).join("");
}

test.each(["hidden", "expired", "deleted"])(
  "checkpoints with more beside their states than one value holds are freed, with their names: %s",
  async (how) => {
    const backend = smallBackend();
    const clock = testClock();
    const keepLast = how === "hidden" ? { keepLast: 1 } : {};
    const store = createStore({ backend, now: () => clock.now, ...keepLast });
    const { checkpoints } = store;
    const ids = ["a", "b", "c"];
    for (const [index, id] of ids.entries())
      await checkpoints.put("t", noise(3000, index + 2), {
        id,
        metadata: { note: noise(4000, index + 9) },
        ...(how === "expired" ? { ttlMs: HOUR } : {}),
      });
    if (how === "deleted") for (const id of ids) await checkpoints.delete("t", id);
    await checkpoints.put("t", 1);
    for (let hours = 0; hours < 6; hours += 1) {
      clock.now += HOUR;
      await store.maintain({ ms: 10_000 });
    }
    expect(await keysOf(backend, "ci/")).toEqual([]);
    expect(await keysOf(backend, "c/")).toHaveLength(1);
    expect(await checkpoints.get("t")).toBe(1);
  },
);

test("an entry whose id is longer than one value is replaced by its id, and leaves nothing", async () => {
  const backend = smallBackend();
  const { history } = createStore({ backend });
  // A key holds a hash of it.
  const id = noise(4000);
  await history.append("t", [{ id, value: noise(3000) }]);
  const again = [{ id, value: 2 }];
  await history.replace("t", {}, again, { expected: 1 });
  expect(await history.read("t")).toMatchObject(again);
  await history.upsert("t", [{ id, value: noise(3000) }]);
  await history.clear("t");
  expect(await keysOf(backend, "i/")).toEqual([]);
  expect(await keysOf(backend, "e/")).toEqual([]);
});
