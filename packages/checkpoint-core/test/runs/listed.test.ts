import { expect, test } from "vitest";
import { type Backend, memoryBackend, type Store } from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";
import { asks, desk, leaseOf, REFUND } from "./desk.ts";

const DAY = 24 * 60 * 60 * 1000;
const NOON = 1_700_000_000_000;

/** A thread on which a run asks. */
async function asking(store: Store, name: string): Promise<void> {
  const lease = leaseOf(await store.runs.begin(name, asks(name, "E")));
  const settle = { status: "suspended", turn: 0, approvals: [REFUND] } as const;
  await store.commit(name, { settle }, { operationId: "s", lease });
}

/** The same backend, and how often it was read. */
function counting(inner: Backend): { readonly backend: Backend; readonly reads: () => number } {
  let reads = 0;
  const backend = wrapBackend(inner, {
    read: async (...call) => {
      reads += 1;
      return inner.read(...call);
    },
    scan: async (...call) => {
      reads += 1;
      return inner.scan(...call);
    },
  });
  return { backend, reads: () => reads };
}

test.each([{ limit: 0 }, { limit: 1.5 }, { limit: 1001 }, { cursor: "x" }, { cursor: "../" }])(
  "a list refuses %j",
  async (options) => {
    const store = desk();
    for (const page of [store.approvals.pending(options), store.runs.list(options)])
      await expect(page).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(store.runs.list({ status: "lost" as never })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  },
);

test("a page costs a scan of each index partition and a read for each thread on it, however much is listed", async () => {
  const inner = memoryBackend();
  for (let index = 0; index < 120; index += 1) await asking(desk(inner), `t${index}`);
  const { backend, reads } = counting(inner);
  const store = desk(backend);
  await store.approvals.pending({ limit: 10 });
  expect(reads()).toBe(16 + 10);
  await store.runs.list({ limit: 10 });
  expect(reads()).toBe(2 * (16 + 10));
  await store.for({ user: "nobody" }).approvals.pending({ limit: 10 });
  expect(reads()).toBe(3 * 16 + 20);
});

test("a run pays one write of its index when it is recorded and none when it ends", async () => {
  const inner = memoryBackend();
  const written: string[] = [];
  const store = desk(
    wrapBackend(inner, {
      write: async (partition, batch) => {
        const done = await inner.write(partition, batch);
        written.push(partition.split("/", 1)[0] ?? "");
        return done;
      },
    }),
  );
  await store.threads.create("t");
  written.length = 0;
  const lease = leaseOf(await store.runs.begin("t", asks("r", "E")));
  await store.runs.settle(lease, { status: "completed", output: 1 }, { operationId: "end" });
  expect(written.toSorted()).toEqual(["open", "r", "t", "t"]);
});

test("maintenance takes out of the index what nobody waits for, also where nobody lists", async () => {
  const backend = memoryBackend();
  const store = desk(backend);
  const entries = async (): Promise<number> => {
    let found = 0;
    for (let shard = 0; shard < 16; shard += 1) {
      const name = `asked/-/${String(shard).length}.${shard}`;
      const page = await backend.scan(name, { from: "!", to: "~~~~", limit: 1000 }, NOON);
      found += page.records.length;
    }
    return found;
  };
  for (const name of ["a", "b", "c"]) await asking(store, name);
  expect(await entries()).toBe(3);
  await store.approvals.decide("a", { callId: "c1" }, { kind: "deny" });
  await store.runs.cancel("b");
  const { failed } = await desk(backend, { at: NOON + DAY }).maintain({ ms: 10_000 });
  expect(failed).toEqual([]);
  expect(await entries()).toBe(1);
  await store.approvals.decide("c", { callId: "c1" }, { kind: "deny" });
  await desk(backend, { at: NOON + 2 * DAY }).maintain({ ms: 10_000 });
  expect(await entries()).toBe(0);
});
