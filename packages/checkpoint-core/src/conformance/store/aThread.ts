import assert from "node:assert/strict";
import type { Store } from "../../store/contract.ts";
import type { Lease } from "../../store/lease/lease.ts";
import { asks, leaseOf, THEN } from "./bench.ts";

/** When `maintain` finds what was cut short. */
export const LATER: number = THEN + 5 * 60_000;
/** More than a deletion or an erasure here makes of the backend. */
export const MOST_CALLS = 200;

/** A thread of which there is everything: history, checkpoints, a run that waits for a person. */
export async function fill(store: Store, id: string): Promise<Lease> {
  await store.threads.create(id, { title: id, metadata: { id } });
  const entries = ["a", "b"].map((entry) => ({ id: entry, value: entry }));
  await store.history.append(id, entries);
  const runId = `run of ${id} of ${JSON.stringify(store.scope)}`;
  const lease = leaseOf(await store.runs.begin(id, asks(runId, "E1", { input: id })));
  const call = { id: "c1", name: "refund", input: id };
  const message = { role: "assistant", content: id, toolCalls: [call] } as const;
  await store.commit(id, { answer: { turn: 1, value: { message } } }, { operationId: "m", lease });
  const approvals = [{ callId: call.id, tool: call.name, input: call.input }];
  const settle = { status: "suspended", turn: 1, approvals } as const;
  await store.commit(id, { checkpoint: { state: { id } }, settle }, { operationId: "s", lease });
  return lease;
}

/** Nothing of the thread is there, whoever asks in the scope. */
export async function empty(store: Store, id: string): Promise<void> {
  assert.equal(await store.threads.get(id), undefined);
  assert.equal(await store.checkpoints.get(id), null);
  assert.deepEqual(await store.checkpoints.list(id), []);
  assert.deepEqual(await store.history.read(id), []);
  assert.deepEqual(await store.approvals.pending(id), []);
  assert.equal(await store.runs.holding(id), undefined);
  const { threads } = await store.threads.list({ limit: 200 });
  assert.ok(!threads.some((thread) => thread.id === id));
}

/** What was noted is done, and nothing of it failed. */
export async function finished(store: Store): Promise<void> {
  const { failed } = await store.maintain({ ms: 60_000 });
  assert.deepEqual(failed, []);
}

/** The scope's user is remembered by this. */
export async function remember({ memory }: Store, text: string): Promise<void> {
  await memory.write({ kind: "user" }, [{ id: "m", text }]);
}

/** How much is remembered of the scope's user. */
export async function remembered({ memory }: Store): Promise<number> {
  return (await memory.list({ kind: "user" })).memories.length;
}
