import assert from "node:assert/strict";
import type { Store } from "../../store/contract.ts";
import type { Lease } from "../../store/lease/lease.ts";
import { refused } from "../history/store.ts";
import {
  asks,
  before,
  type Bench,
  droppable,
  leaseOf,
  type StoreCase,
  storeCase,
} from "./bench.ts";

const ann = { user: "ann" };
const bob = { user: "bob" };
/** More than any of these calls makes of the backend. */
const MOST_CALLS = 8;

/** A thread is dropped and made again, by another user, while something else is under way. */
export const storedLives: readonly StoreCase[] = [
  storeCase(
    "sweep-of-another-life",
    "a clear whose thread is dropped and made again meanwhile frees nothing of the new one",
    async (bench) => {
      for (let call = 0; call < MOST_CALLS; call += 1) {
        const thread = `t${call}`;
        await fill(bench.there({ scope: ann }), thread, 5);
        let written = false;
        let remade = false;
        const slow = bench.here({
          scope: ann,
          through: before(
            async () => {
              await remake(bench, thread, 3);
              remade = true;
            },
            (verb, index) => {
              const due = written && index === call + 2;
              written ||= verb === "write";
              return due;
            },
          ),
        });
        await Promise.allSettled([slow.history.clear(thread)]);
        const { history } = bench.there();
        const left = (await history.read(thread)).map(({ id }) => id);
        const due = remade ? ["bob's 0", "bob's 1", "bob's 2"] : [];
        assert.deepEqual(left, due, `call ${call}`);
        assert.equal(await history.count(thread), due.length, `call ${call}`);
      }
    },
  ),
  storeCase(
    "reads-stay-with-their-owner",
    "a read whose thread becomes another user's meanwhile answers nothing of that user's",
    async (bench) => {
      for (const [name, read] of Object.entries(reads))
        for (let call = 0; call < MOST_CALLS; call += 1) {
          const thread = `${name} ${call}`;
          const lease = await suspend(bench.there({ scope: ann }), thread, "ann's");
          const slow = bench.here({
            scope: ann,
            through: before(
              async () => {
                await drop(bench, thread);
                await suspend(bench.there({ scope: bob }), thread, "bob's");
              },
              (_verb, index) => index === call,
            ),
          });
          const [outcome] = await Promise.allSettled([read(slow, lease)]);
          const told = outcome.status === "fulfilled" ? JSON.stringify(outcome.value) : "";
          assert.ok(!(told ?? "").includes("bob's"), `${name}, before call ${call}: ${told}`);
        }
    },
  ),
  storeCase(
    "stale-owner",
    "who owned a thread in an earlier life is not whom another process's new thread belongs to",
    async (bench) => {
      const store = bench.here();
      await fill(store.for(ann), "t", 1);
      await remake(bench, "t", 1);
      const entries = [{ id: "more", value: 1 }];
      await store.for(bob).history.append("t", entries);
      await refused(store.for(ann).history.append("t", entries), "FORBIDDEN", "the earlier owner");
      const left = (await bench.there().history.read("t")).map(({ id }) => id);
      assert.deepEqual(left, ["bob's 0", "more"]);
    },
  ),
];

const reads: Readonly<Record<string, (store: Store, lease: Lease) => Promise<unknown>>> = {
  read: ({ history }, { threadId }) => history.read(threadId),
  "read of one": ({ history }, { threadId }) => history.read(threadId, { limit: 1 }),
  "read up to": ({ history }, { threadId }) => history.read(threadId, { upTo: "9".repeat(16) }),
  get: ({ checkpoints }, { threadId }) => checkpoints.get(threadId),
  thread: ({ threads }, { threadId }) => threads.get(threadId),
  pending: ({ approvals }, { threadId }) => approvals.pending(threadId),
  holding: ({ runs }, { threadId }) => runs.holding(threadId),
  run: ({ runs }, { runId }) => runs.get(runId),
  turn: async ({ runs }, lease) => {
    const { answer, results } = await runs.turn(lease, 1);
    return { answer, results: [...results] };
  },
  look: ({ runs }, lease) => runs.look(lease, { turn: 1 }),
};

/** The thread ends its life, and another user's begins with so many entries. */
async function remake(bench: Bench, thread: string, count: number): Promise<void> {
  await drop(bench, thread);
  const store = bench.there({ scope: bob });
  await store.threads.create(thread);
  await fill(store, thread, count);
}

async function fill(store: Store, thread: string, count: number): Promise<void> {
  const whose = store.scope.user ?? "";
  const entries = Array.from({ length: count }, (_, index) => ({
    id: `${whose}'s ${index}`,
    value: index,
  }));
  await store.history.append(thread, entries);
}

/** The thread's partition, found by what is read to count its entries, is dropped. */
async function drop({ there }: Bench, thread: string): Promise<void> {
  const { through, dropRead } = droppable();
  await there({ through }).history.count(thread);
  await dropRead();
}

/** A thread in which everything is someone's: history, checkpoint, a run that waits for a person. */
async function suspend(store: Store, thread: string, whose: string): Promise<Lease> {
  await store.threads.create(thread, { title: whose });
  await store.history.append(thread, [{ id: whose, value: whose }]);
  const runId = `run of ${thread}`;
  const lease = leaseOf(await store.runs.begin(thread, asks(runId, "E1", { input: whose })));
  const call = { id: "c1", name: "refund", input: whose };
  const message = { role: "assistant", content: whose, toolCalls: [call] } as const;
  const answer = { turn: 1, value: { message } };
  await store.commit(thread, { answer }, { operationId: "E1:m1", lease });
  const approvals = [{ callId: call.id, tool: call.name, input: call.input }];
  await store.commit(
    thread,
    { checkpoint: { state: whose }, settle: { status: "suspended", turn: 1, approvals } },
    { operationId: "E1:s", lease },
  );
  return lease;
}
