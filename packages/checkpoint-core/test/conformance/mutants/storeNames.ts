import { type Commit, type NewEntry, StorageError, type ToolCall } from "@perdure/checkpoint-core";
import { broken, type StoreMutant } from "./brokenStore.ts";

/** Stores that take one name for another, and those that begin what they then refuse. */
export const nameMutants: readonly StoreMutant[] = [
  naming(
    "entries-by-operation",
    "names entries by the operation and their place, whatever the verb",
    "entries-of-one-operation-id",
    (_verb, operationId, index) => `${operationId}:${index}`,
  ),
  naming(
    "entries-by-path",
    "names entries by verb, operation and place, as a caller may name them too",
    "entries-named-alike",
    (verb, operationId, index) => `${verb}/${operationId}/${index}`,
  ),
  turnsByPath(),
  broken(
    "bounds-what-it-makes",
    "bounds the ids that it makes of an operation's like the caller's own",
    "long-operation-ids",
    ({ history }) => ({
      history: {
        ...history,
        append(threadId, entries, options) {
          if (`${options?.operationId ?? ""}:0`.length > 4096)
            throw new StorageError("INVALID_ARGUMENT", "An entry's id is too long.");
          return history.append(threadId, entries, options);
        },
      },
    }),
  ),
  calling(
    "texts-any-id",
    "makes a text of a call's id, whatever it is",
    "calls-have-names",
    (call) => ({
      ...call,
      id: [call.id].join(),
    }),
  ),
  broken(
    "texts-by-prototype",
    "looks the text of an unfinished call up among what every object has",
    "calls-named-like-methods",
    ({ history }) => ({
      history: {
        ...history,
        async read<T>(...call: Parameters<typeof history.read>) {
          const texts = {} as Readonly<Record<string, unknown>>;
          const entries = await history.read<T>(...call);
          for (const entry of entries) {
            const { toolCallId = "" } = entry.value as { readonly toolCallId?: string };
            const content = texts[toolCallId];
            if (content !== undefined) Object.assign(entry.value as object, { content });
          }
          return entries;
        },
      },
    }),
  ),
  begun("begin", "runs", "begin"),
  begun("start", "runs", "start"),
  begun("append", "history", "append"),
  begun("upsert", "history", "upsert"),
  begun("replace", "history", "replace"),
  begun("commit", undefined, "commit"),
  begun("create", "threads", "create"),
  broken(
    "makes-the-thread-first-in-remember",
    "makes the thread, then looks at what it was given",
    "refused-leaves-no-thread.remember",
    (right) => ({
      memory: {
        ...right.memory,
        async write(within, ...call) {
          if (within.kind === "thread") await right.threads.create(within.threadId);
          return right.memory.write(within, ...call);
        },
      },
    }),
  ),
  broken(
    "clears-what-it-makes",
    "makes the thread that it clears",
    "nothing-makes-no-thread",
    ({ history, threads }) => ({
      history: {
        ...history,
        async clear(threadId, options) {
          await threads.create(threadId);
          return history.clear(threadId, options);
        },
      },
    }),
  ),
];

function turnsByPath(): StoreMutant {
  const runs = new Map<string, string>();
  const lost = new Set<string>();
  const note = (runId: string, { turn, value }: NonNullable<Commit["answer"]>): void => {
    const { content, toolCalls = [] } = value.message;
    const path = `${runId}/${turn}`;
    if ((runs.get(path) ?? runId) !== runId) lost.add(content);
    for (const each of [path, ...toolCalls.map(({ id }) => `${path}/${id}`)])
      runs.set(each, runs.get(each) ?? runId);
  };
  return broken(
    "turns-by-path",
    "joins run, turn and call with slashes, and keeps the first of two that look alike",
    "runs-named-alike",
    (right) => ({
      commit(threadId, changes, options) {
        if (changes.answer && options.lease) note(options.lease.runId, changes.answer);
        return right.commit(threadId, changes, options);
      },
      history: {
        ...right.history,
        async read<T>(...call: Parameters<typeof right.history.read>) {
          const entries = await right.history.read<T>(...call);
          return entries.filter(({ value }) => !lost.has(contentOf(value)));
        },
      },
    }),
  );
}

function contentOf(value: unknown): string {
  return (value as { readonly content?: string }).content ?? "";
}

/** Our store, which names the entries that the caller did not name. */
function naming(
  id: string,
  does: string,
  killedBy: string,
  name: (verb: string, operationId: string, index: number) => string,
): StoreMutant {
  const named = (
    verb: string,
    entries: readonly NewEntry[],
    operationId: string | undefined,
  ): readonly NewEntry[] =>
    operationId === undefined
      ? entries
      : entries.map((entry, index) => ({ id: name(verb, operationId, index), ...entry }));
  return broken(id, does, killedBy, (right) => ({
    commit: (threadId, { history = [], ...changes }, options) =>
      right.commit(
        threadId,
        { ...changes, history: named("commit", history, options.operationId) },
        options,
      ),
    history: {
      ...right.history,
      append: (threadId, entries, options) =>
        right.history.append(threadId, named("append", entries, options?.operationId), options),
    },
  }));
}

/** Our store, to which each call of an answer is something else. */
function calling(
  id: string,
  does: string,
  killedBy: string,
  taken: (call: ToolCall) => ToolCall,
): StoreMutant {
  return broken(id, does, killedBy, (right) => ({
    commit(threadId, { answer, ...changes }, options) {
      if (!answer) return right.commit(threadId, changes, options);
      const { message, ...value } = answer.value;
      const toolCalls = (message.toolCalls ?? []).map(taken);
      const read = { ...answer, value: { ...value, message: { ...message, toolCalls } } };
      return right.commit(threadId, { ...changes, answer: read }, options);
    },
  }));
}

/** Our store, which makes the thread before it looks at what it was given. */
function begun(
  name: string,
  part: "runs" | "history" | "threads" | undefined,
  verb: string,
): StoreMutant {
  return broken(
    `makes-the-thread-first-in-${name}`,
    "makes the thread, then looks at what it was given",
    `refused-leaves-no-thread.${name}`,
    (right) => {
      const verbs = (part === undefined ? right : right[part]) as unknown as Verbs;
      const making = {
        async [verb](threadId: string, ...call: readonly unknown[]) {
          await right.threads.create(threadId);
          return verbs[verb]?.(threadId, ...call);
        },
      };
      const wrapped = part === undefined ? making : { [part]: { ...verbs, ...making } };
      return wrapped;
    },
  );
}

type Verbs = Readonly<
  Record<string, (threadId: string, ...call: readonly unknown[]) => Promise<unknown>>
>;
