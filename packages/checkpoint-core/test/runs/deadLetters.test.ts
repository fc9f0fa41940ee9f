import { expect, test } from "vitest";
import { type Backend, createStore, memoryBackend, type Store } from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";
import { asks, leaseOf } from "./desk.ts";

/** A backend whose writes to the list of failures are counted as they stand. */
function watched(): { readonly backend: Backend; readonly entries: () => number } {
  const inner = memoryBackend();
  const keys = new Set<string>();
  const backend = wrapBackend(inner, {
    async write(partition, batch) {
      const answer = await inner.write(partition, batch);
      for (const write of batch.writes) {
        if (!("key" in write) || !/^f~?\//.test(write.key)) continue;
        if (write.op === "put") keys.add(partition + write.key);
        else keys.delete(partition + write.key);
      }
      return answer;
    },
  });
  return { backend, entries: () => keys.size };
}

let rounds = 0;

/** The run begins, or goes on with its failure, and has failed. */
async function fail(store: Store, runId: string): Promise<void> {
  rounds += 1;
  const { revision: retry } = (await store.runs.get(runId)) ?? {};
  const more = retry === undefined ? {} : { retry };
  const lease = leaseOf(await store.runs.begin("t", asks(runId, `E${rounds}`, more)));
  const error = { name: "Error", message: "no" };
  await store.runs.settle(lease, { status: "failed", error }, { operationId: `end ${rounds}` });
}

const SCOPE = { tenant: "x", user: "ann" };

test("a run that fails time and again stands once in the list of failures, and takes its entry along", async () => {
  const { backend, entries } = watched();
  const at = (now: number): Store => createStore({ backend, now: () => now, scope: SCOPE });
  for (let now = 1; now <= 20; now += 1) await fail(at(now), "r");
  expect(entries()).toBe(2);
  const { runs } = await at(21).runs.list({ status: "failed" });
  expect(runs.map(({ id, endedAt }) => [id, endedAt?.getTime()])).toEqual([["r", 20]]);
  await at(22).threads.delete("t");
  expect(entries()).toBe(0);
});

test("a failure that is retried and completed, or cancelled, leaves no entry behind", async () => {
  const { backend, entries } = watched();
  const store = createStore({ backend, now: () => 1, scope: SCOPE });
  await fail(store, "a");
  const { revision: retry = 0 } = (await store.runs.get("a")) ?? {};
  const lease = leaseOf(await store.runs.begin("t", asks("a", "E-last", { retry })));
  const done = { status: "completed", output: 1 } as const;
  await store.runs.settle(lease, done, { operationId: "done" });
  expect(entries()).toBe(0);
  await fail(store, "b");
  await store.runs.cancel("b");
  expect(entries()).toBe(0);
  await fail(store, "c");
  const { runs } = await store.runs.list({ status: "failed" });
  expect(runs.map(({ id }) => id)).toEqual(["c"]);
});
