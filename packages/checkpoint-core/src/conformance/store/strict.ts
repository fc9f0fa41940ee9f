import assert from "node:assert/strict";
import { isStorageError } from "../../errors.ts";
import type { Store } from "../../store/contract.ts";
import type { Lease } from "../../store/lease/lease.ts";
import type { MemoryScope } from "../../store/memory/contract.ts";
import type { OperationOptions } from "../../store/operation.ts";
import { refused } from "../history/store.ts";
import { asks, type Bench, leaseOf, losing, type StoreCase, storeCase } from "./bench.ts";

/** What is written, and the same in another order of keys. */
const ONE = { n: 1, deep: { a: [1, new Date(5)], b: 2n } };
const SAME = { deep: { b: 2n, a: [1, new Date(5)] }, n: 1 };
/** Something else, as different as can be told. */
const OTHER = { n: 2, deep: { a: [1, new Date(5)], b: 2n } };
/** More writes than any of these calls makes. */
const MOST_WRITES = 6;

type Payload = typeof ONE;

type Strictness = OperationOptions & { readonly operationId: string };

/** A verb that takes an operation id, called on a thread (or a stream) of its own. */
interface Verb {
  readonly prepare?: (store: Store, threadId: string) => Promise<unknown>;
  readonly call: (
    store: Store,
    threadId: string,
    payload: Payload,
    options: Strictness,
    lease: Lease | undefined,
  ) => Promise<unknown>;
}

const base = (store: Store, threadId: string): Promise<string> =>
  store.checkpoints.put(threadId, { n: 0 }, { id: "base" });
const own = (threadId: string): MemoryScope => ({ kind: "thread", threadId });
const two = (store: Store, threadId: string): Promise<unknown> =>
  store.memory.write(own(threadId), [
    { id: "m1", text: "one" },
    { id: "m2", text: "two" },
  ]);

const verbs: Readonly<Record<string, Verb>> = {
  put: { call: (store, t, state, options) => store.checkpoints.put(t, state, options) },
  append: {
    prepare: base,
    call: ({ checkpoints }, t, payload, options) =>
      checkpoints.append(t, {
        ...options,
        parentId: "base",
        changes: [{ path: ["v"], set: payload }],
        branch: true,
      }),
  },
  attach: {
    prepare: base,
    call: (store, t, payload, options) =>
      store.checkpoints.attach(t, "base", "k", payload, options),
  },
  fork: {
    async prepare(store, t) {
      await store.history.append(`${t} from`, [{ id: "e", value: 1 }]);
      await store.checkpoints.put(`${t} from`, ONE, { id: "c1" });
      await store.checkpoints.put(`${t} from`, OTHER, { id: "c2" });
    },
    call: (store, t, { n }, options) => store.checkpoints.fork(`${t} from`, `c${n}`, t, options),
  },
  "history-append": {
    call: (store, t, value, options) => store.history.append(t, [{ value }], options),
  },
  upsert: {
    call: (store, t, value, options) => store.history.upsert(t, [{ id: "e", value }], options),
  },
  replace: {
    prepare: (store, t) => store.history.append(t, [{ id: "e", value: 1 }]),
    call: (store, t, value, options) =>
      store.history.replace(t, {}, [{ value }], { ...options, expected: 1 }),
  },
  remember: {
    call: (store, t, metadata, options) =>
      store.memory.write(own(t), [{ text: "one", metadata }], options),
  },
  "memory-update": {
    prepare: two,
    call: (store, t, metadata, options) =>
      store.memory.update(own(t), [{ id: "m1", metadata }], options),
  },
  "memory-delete": {
    prepare: two,
    call: (store, t, { n }, options) => store.memory.delete(own(t), [`m${n}`], options),
  },
  stream: { call: (store, t, event, options) => store.streams.append(t, [event], options) },
  commit: {
    call: (store, t, payload, options) =>
      store.commit(t, { history: [{ value: 1 }], checkpoint: { state: payload } }, options),
  },
  "held-commit": {
    prepare: async ({ runs }, t) => leaseOf(await runs.begin(t, asks(`run of ${t}`, "e"))),
    call: (store, t, value, options, lease) =>
      store.commit(t, { history: [{ value }], ms: 1000 }, { ...options, lease }),
  },
  update: {
    prepare: ({ threads }, t) => threads.create(t),
    call: (store, t, metadata, options) => store.threads.update(t, { metadata }, options),
  },
};

/** Strict calls: a name stands for what was written under it, in whatever process. */
export const storedStrictly: readonly StoreCase[] = Object.entries(verbs).map(([verb, one]) =>
  storeCase(
    `strict.${verb}`,
    `${verb}: a strict retry with another payload conflicts and writes nothing; the same one, in any order of keys, gets the first answer`,
    async (bench) => {
      await compares(bench, one);
      await comparesNothing(bench, one);
      await survivesLoss(bench, one);
      await races(bench, one);
    },
  ),
);

async function compares({ here, there }: Bench, verb: Verb): Promise<void> {
  const call = await begin(here(), "told", verb);
  const strict = { operationId: "op", strict: true };
  const unnamed = { strict: true } as typeof strict;
  await refused(call(here(), ONE, unnamed), "INVALID_ARGUMENT", "strict without a name");
  const first = told(await call(here(), ONE, strict));
  const seen = await seenIn(there(), "told");
  for (const store of [here(), there()]) {
    await conflicts(call(store, OTHER, strict));
    assert.deepEqual(told(await call(store, SAME, strict)), first);
    assert.deepEqual(told(await call(store, OTHER, { operationId: "op" })), first);
  }
  assert.deepEqual(await seenIn(there(), "told"), seen);
}

/** What was not done strictly has nothing that a strict retry is compared with. */
async function comparesNothing({ here, there }: Bench, verb: Verb): Promise<void> {
  const call = await begin(here(), "loose", verb);
  const first = told(await call(here(), ONE, { operationId: "op" }));
  const seen = await seenIn(here(), "loose");
  assert.deepEqual(told(await call(there(), OTHER, { operationId: "op", strict: true })), first);
  assert.deepEqual(await seenIn(there(), "loose"), seen);
}

async function survivesLoss({ here, there }: Bench, verb: Verb): Promise<void> {
  const strict = { operationId: "op", strict: true };
  for (let lost = 0; lost < MOST_WRITES; lost += 1) {
    const call = await begin(here(), `lost ${lost}`, verb);
    const unlucky = here({ through: losing((index) => index === lost) });
    await call(unlucky, ONE, strict).catch(() => undefined);
    const first = told(await call(there(), SAME, strict));
    assert.deepEqual(told(await call(here(), ONE, strict)), first);
    await conflicts(call(here(), OTHER, strict));
  }
}

async function races({ here, there }: Bench, verb: Verb): Promise<void> {
  const strict = { operationId: "op", strict: true };
  const call = await begin(here(), "raced", verb);
  const ends = await Promise.allSettled([call(here(), ONE, strict), call(there(), OTHER, strict)]);
  const lost = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
  assert.deepEqual(
    lost.map((reason) => isStorageError(reason) && reason.code),
    ["CONFLICT"],
  );
}

/** A verb on the thread that is prepared for it. */
type Prepared = (store: Store, payload: Payload, options: Strictness) => Promise<unknown>;

async function begin(store: Store, threadId: string, { prepare, call }: Verb): Promise<Prepared> {
  const lease = (await prepare?.(store, threadId)) as Lease | undefined;
  return (on, payload, options) => call(on, threadId, payload, options, lease);
}

async function conflicts(call: Promise<unknown>): Promise<void> {
  await refused(call, "CONFLICT", "another payload");
}

/** An answer, but for whether it was the first. */
function told(answer: unknown): unknown {
  if (typeof answer !== "object" || answer === null) return answer;
  const { replayed: _, history, ...rest } = answer as Readonly<Record<string, unknown>>;
  return history === undefined ? rest : { ...rest, history: told(history) };
}

/** All that a reader sees of a thread, or a stream. */
async function seenIn(store: Store, threadId: string): Promise<unknown> {
  const { checkpoints, history, memory, streams, threads } = store;
  const [newest] = await checkpoints.list(threadId);
  return {
    checkpoints: await checkpoints.list(threadId),
    state: await checkpoints.get(threadId),
    attached: newest && (await checkpoints.attachments(threadId, newest.id)),
    entries: await history.read(threadId),
    memories: await memory.list(own(threadId)),
    events: await streams.read(threadId),
    thread: await threads.get(threadId),
  };
}
