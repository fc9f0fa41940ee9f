import { randomUUID } from "node:crypto";
import type { Thread } from "../../../src/index.ts";
import { broken, narrowed, type StoreMutant } from "./brokenStore.ts";
import { turn } from "./mutant.ts";

/** Stores that are wrong as peers' have been: ours, behind a layer that gets some calls wrong, or over a layer that gets some writes wrong. */
export const storeMutants: readonly StoreMutant[] = [
  broken(
    "put-without-identity",
    "writes a retried put again",
    "put-lost-acknowledgement",
    ({ checkpoints }) => ({
      checkpoints: {
        ...checkpoints,
        put: (threadId, state) => checkpoints.put(threadId, state),
      },
    }),
  ),
  broken(
    "head-read-then-put",
    "compares the head, then puts: two writers on one parent both succeed (peers)",
    "head-race",
    ({ checkpoints }) => ({
      checkpoints: {
        ...checkpoints,
        async put(threadId, state, { expectedHead, ...options } = {}) {
          const head = (await checkpoints.record(threadId))?.id ?? null;
          if (expectedHead !== undefined && head !== expectedHead)
            return checkpoints.put(threadId, state, { ...options, expectedHead });
          await turn();
          return checkpoints.put(threadId, state, options);
        },
      },
    }),
  ),
  broken(
    "no-head-is-any-head",
    "takes the expectation of no head for none",
    "stale-head",
    ({ checkpoints }) => ({
      checkpoints: {
        ...checkpoints,
        put: (threadId, state, { expectedHead, ...options } = {}) =>
          checkpoints.put(threadId, state, expectedHead ? { ...options, expectedHead } : options),
      },
    }),
  ),
  broken(
    "latest-by-clock",
    "answers the checkpoint with the latest date",
    "bad-clocks",
    ({ checkpoints }) => ({
      checkpoints: {
        ...checkpoints,
        async get<S>(threadId: string, id?: string) {
          const all = await checkpoints.list(threadId);
          const latest = all.toSorted((left, right) => +right.createdAt - +left.createdAt)[0];
          return checkpoints.get<S>(threadId, id ?? latest?.id);
        },
      },
    }),
  ),
  broken(
    "append-without-identity",
    "applies a retried append again",
    "append",
    ({ checkpoints }) => ({
      checkpoints: {
        ...checkpoints,
        async append(threadId, { operationId, ...options }) {
          const head = await checkpoints.record(threadId);
          return checkpoints.append(threadId, {
            ...options,
            parentId: head?.id ?? "",
            branch: operationId !== undefined,
          });
        },
      },
    }),
  ),
  broken(
    "always-branches",
    "appends on any parent without being told to",
    "append-on-a-parent",
    ({ checkpoints }) => ({
      checkpoints: {
        ...checkpoints,
        append: (threadId, options) => checkpoints.append(threadId, { ...options, branch: true }),
      },
    }),
  ),
  broken("lives-for-ever", "keeps what should expire", "lifetime", ({ checkpoints }) => ({
    checkpoints: {
      ...checkpoints,
      put: (threadId, state) => checkpoints.put(threadId, state),
    },
  })),
  broken(
    "stores-what-json-leaves",
    "puts what JSON leaves of a state",
    "refused-before-written",
    ({ checkpoints }) => ({
      checkpoints: {
        ...checkpoints,
        put: (threadId, state, options) =>
          checkpoints.put(threadId, JSON.parse(JSON.stringify(state)) as unknown, options),
      },
    }),
  ),
  broken(
    "creation-answers-itself",
    "answers a creation with what was asked for, not with what is stored",
    "one-creation",
    ({ threads }) => ({
      threads: {
        ...threads,
        create: async (threadId, options) =>
          ({ ...(await threads.create(threadId, options)), ...options }) as Thread,
      },
    }),
  ),
  narrowed(
    "tenant-left-out",
    "leaves the tenant out of the partition's name (cross-tenant leak)",
    "tenants-apart",
    ({ user }) => (user === undefined ? {} : { user }),
  ),
  narrowed(
    "user-left-out",
    "checks no owner: whoever knows the thread's id reads it",
    "users-apart",
    ({ tenant }) => (tenant === undefined ? {} : { tenant }),
  ),
  broken(
    "failure-is-null",
    "answers null for a checkpoint when the engine does not answer (peers)",
    "failure-is-no-answer",
    ({ checkpoints }) => ({
      checkpoints: {
        ...checkpoints,
        get: <S>(threadId: string, id?: string) =>
          checkpoints.get<S>(threadId, id).catch(() => null),
      },
    }),
  ),
  broken(
    "failure-is-empty",
    "answers no entries when the engine does not answer",
    "failure-is-no-answer",
    ({ history }) => ({
      history: {
        ...history,
        read: <T>(...call: Parameters<typeof history.read>) =>
          history.read<T>(...call).catch(() => []),
      },
    }),
  ),
  broken(
    "commit-in-two",
    "writes a commit's history, then its checkpoint",
    "commit-is-one-write",
    (right) => ({
      async commit(threadId, { history, ...changes }, options) {
        if (history) await right.history.append(threadId, history, options);
        return right.commit(threadId, changes, options);
      },
    }),
  ),
  broken(
    "commit-without-identity",
    "writes a retried commit again",
    "commit-lost-acknowledgement",
    (right) => ({
      commit: (threadId, changes, options) =>
        right.commit(threadId, changes, { ...options, operationId: randomUUID() }),
    }),
  ),
  broken(
    "history-without-identity",
    "writes a retried append again",
    "history-lost-acknowledgement",
    ({ history }) => ({
      history: {
        ...history,
        append: (threadId, entries, options) =>
          history.append(
            threadId,
            entries,
            options?.operationId ? { operationId: randomUUID() } : {},
          ),
      },
    }),
  ),
];
