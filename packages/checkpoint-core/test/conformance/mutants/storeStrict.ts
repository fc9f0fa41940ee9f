import {
  ConflictError,
  createStore,
  digestOf,
  type HistoryStore,
  type NewEntry,
  type OperationOptions,
  type Store,
} from "@perdure/checkpoint-core";
import { broken, type StoreMutant } from "./brokenStore.ts";

/** The options of a call without its strictness; of a call without a name they stay. */
function loose<T extends OperationOptions>(options: T): T {
  return options.operationId === undefined ? options : { ...options, strict: false };
}

/** The parts of our store, each of which answers a strict retry whatever it brings. */
const ignoring: Readonly<Record<string, (right: Store) => Partial<Store>>> = {
  put: ({ checkpoints }) => ({
    checkpoints: { ...checkpoints, put: (t, state, o = {}) => checkpoints.put(t, state, loose(o)) },
  }),
  append: ({ checkpoints }) => ({
    checkpoints: { ...checkpoints, append: (t, o) => checkpoints.append(t, loose(o)) },
  }),
  attach: ({ checkpoints }) => ({
    checkpoints: {
      ...checkpoints,
      attach: (t, id, key, value, o = {}) => checkpoints.attach(t, id, key, value, loose(o)),
    },
  }),
  fork: ({ checkpoints }) => ({
    checkpoints: {
      ...checkpoints,
      fork: (t, id, to, o = {}) => checkpoints.fork(t, id, to, loose(o)),
    },
  }),
  "history-append": ({ history }) => ({
    history: { ...history, append: (t, entries, o = {}) => history.append(t, entries, loose(o)) },
  }),
  upsert: ({ history }) => ({
    history: { ...history, upsert: (t, entries, o = {}) => history.upsert(t, entries, loose(o)) },
  }),
  replace: ({ history }) => ({
    history: {
      ...history,
      replace: (t, range, entries, o) => history.replace(t, range, entries, loose(o)),
    },
  }),
  remember: ({ memory }) => ({
    memory: { ...memory, write: (within, those, o = {}) => memory.write(within, those, loose(o)) },
  }),
  "memory-update": ({ memory }) => ({
    memory: {
      ...memory,
      update: (within, those, o = {}) => memory.update(within, those, loose(o)),
    },
  }),
  "memory-delete": ({ memory }) => ({
    memory: { ...memory, delete: (within, ids, o = {}) => memory.delete(within, ids, loose(o)) },
  }),
  stream: ({ streams }) => ({
    streams: { ...streams, append: (id, events, o = {}) => streams.append(id, events, loose(o)) },
  }),
  commit: (right) => ({ commit: (t, changes, o) => right.commit(t, changes, loose(o)) }),
  "held-commit": (right) => ({
    commit: (t, changes, o) => right.commit(t, changes, o.lease ? loose(o) : o),
  }),
  update: ({ threads }) => ({
    threads: { ...threads, update: (t, update, o = {}) => threads.update(t, update, loose(o)) },
  }),
};

/** What every process knows of strict appends. */
const everywhere = new Map<string, string>();

/** Stores whose strict calls compare nothing, or what does not matter, or not everywhere. */
export const strictMutants: readonly StoreMutant[] = [
  ...Object.entries(ignoring).map(([verb, ignore]) =>
    broken(
      `ignores-strict.${verb}`,
      `${verb}: answers a strict retry whatever it brings`,
      `strict.${verb}`,
      ignore,
    ),
  ),
  comparing(
    "compares-texts",
    "compares payloads with the order of their keys",
    () => everywhere,
    textOf,
  ),
  comparing(
    "compares-in-its-process",
    "remembers the payload in the process that wrote it",
    () => new Map(),
    digestOf,
  ),
  broken(
    "compares-what-was-not-strict",
    "refuses a strict retry of a call that was not strict",
    "strict.history-append",
    ({ history }) => ({ history: { ...history, append: refusing(history) } }),
  ),
];

/** Our store, whose strict appends are compared by another rule. */
function comparing(
  id: string,
  does: string,
  kept: () => Map<string, string>,
  print: (value: unknown) => string,
): StoreMutant {
  return {
    id,
    does,
    killedBy: "store.strict.history-append",
    open(options) {
      const right = createStore(options);
      const known = kept();
      const { history } = right;
      return {
        ...right,
        history: {
          ...history,
          async append(threadId, entries, naming = {}) {
            if (!naming.strict || naming.operationId === undefined)
              return history.append(threadId, entries, naming);
            const key = `${threadId}/${naming.operationId}`;
            const printed = print(entries);
            const before = known.get(key);
            if (before !== undefined && before !== printed)
              throw new ConflictError("Another payload.", { key });
            const answer = await history.append(threadId, entries, loose(naming));
            if (!answer.replayed) known.set(key, printed);
            return answer;
          },
        },
      };
    },
  };
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "bigint" ? String(part) : part,
  );
}

/** A strict append that conflicts wherever its operation was done by a call that was not strict. */
function refusing(history: HistoryStore): HistoryStore["append"] {
  return async (threadId, entries: readonly NewEntry[], naming = {}) => {
    const answer = await history.append(threadId, entries, naming);
    if (!naming.strict || !answer.replayed) return answer;
    const there = await history.read(threadId);
    const values = there.map(({ value }) => value);
    if (digestOf(values) === digestOf(entries.map(({ value }) => value))) return answer;
    throw new ConflictError("Another payload.", { key: threadId });
  };
}
