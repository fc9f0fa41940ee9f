import {
  createStore,
  isStorageError,
  type Scope,
  type Store,
  type ThreadOptions,
} from "@perdure/checkpoint-core";
import { broken, type StoreMutant } from "./brokenStore.ts";

/** Stores that mistake whose a thread is, or which of its lives is meant. */
export const ownerMutants: readonly StoreMutant[] = [
  answersWhoever("put", "checkpoints", "put"),
  answersWhoever("begin", "runs", "begin"),
  answersWhoever("claim", "runs", "claim"),
  answersWhoever("settle", "runs", "settle"),
  answersWhoever("request", "approvals", "request"),
  answersWhoever("decide", "approvals", "decide"),
  answersWhoever("commit", undefined, "commit"),
  answersWhoever("held-commit", undefined, "commit"),
  answersWhoever("append", "history", "append"),
  answersWhoever("upsert", "history", "upsert"),
  answersWhoever("replace", "history", "replace"),
  answersWhoever("clear", "history", "clear"),
  broken(
    "owner-from-a-payload",
    "takes the owner from what a thread is created with",
    "owner-from-the-scope",
    (right) => ({
      threads: {
        ...right.threads,
        create(threadId, options = {}) {
          const { owner, ...known } = options as ThreadOptions & { readonly owner?: string };
          const { threads } = owner === undefined ? right : right.for({ user: owner });
          return threads.create(threadId, known);
        },
      },
    }),
  ),
  broken(
    "texts-any-title",
    "takes whatever it gets as title and metadata for some text or object",
    "thread-options",
    ({ threads }) => ({
      threads: {
        ...threads,
        create: (threadId, { title, metadata } = {}) =>
          threads.create(threadId, {
            ...(title === undefined ? {} : { title: [title].join() }),
            ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
          }),
      },
    }),
  ),
  broken(
    "cuts-long-titles",
    "keeps the beginning of a title that is too long",
    "thread-bounds",
    ({ threads }) => ({
      threads: {
        ...threads,
        create: (threadId, { title, ...more } = {}) =>
          threads.create(threadId, { ...more, title: title?.slice(0, 4096) }),
      },
    }),
  ),
  broken(
    "leaves-large-metadata-out",
    "makes a thread without the metadata that are too large for it",
    "thread-bounds",
    ({ threads }) => ({
      threads: {
        ...threads,
        create: (threadId, options = {}) =>
          threads.create(threadId, options).catch((error: unknown) => {
            if (!isStorageError(error) || error.code !== "TOO_LARGE") throw error;
            return threads.create(threadId, { title: options.title });
          }),
      },
    }),
  ),
  {
    id: "undefined-is-not-named",
    does: "takes a user that is undefined for one that is not named, and opens the scope",
    killedBy: "store.scope-of-undefined",
    open(options) {
      const right = createStore(options);
      return { ...right, for: (scope) => right.for(namedParts(scope)) };
    },
  },
  {
    id: "keeps-the-scope-object",
    does: "asks the caller's own scope object at each call",
    killedBy: "store.scope-is-a-copy",
    open: ({ scope, ...options }) => {
      const now = (): Store => createStore({ ...options, scope });
      return {
        ...now(),
        get checkpoints() {
          return now().checkpoints;
        },
      };
    },
  },
];

function namedParts(scope: Scope): Scope {
  return Object.fromEntries(Object.entries(scope).filter(([, value]) => value !== undefined));
}

/** Answers a call that was answered before as it was then, whoever asks. */
function answersWhoever(
  name: string,
  part: "checkpoints" | "runs" | "approvals" | "history" | undefined,
  verb: string,
): StoreMutant {
  const answers = new Map<string, Promise<unknown>>();
  return broken(
    `answers-whoever-retries-a-${name}`,
    "answers a retry before it looks whose the thread is",
    `replay-is-owned.${name}`,
    (right) => {
      const verbs = (part === undefined ? right : right[part]) as unknown as Verbs;
      const remembering = {
        [verb](...call: readonly unknown[]) {
          const key = JSON.stringify(call);
          const answer = answers.get(key) ?? verbs[verb]?.(...call) ?? Promise.resolve();
          answers.set(key, answer);
          return answer;
        },
      };
      return part === undefined ? remembering : { [part]: { ...verbs, ...remembering } };
    },
  );
}

type Verbs = Readonly<Record<string, (...call: readonly unknown[]) => Promise<unknown>>>;
