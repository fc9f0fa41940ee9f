import { randomUUID } from "node:crypto";
import { StorageError } from "../errors.ts";
import { checkGiven } from "../given.ts";
import type { Store } from "../store/contract.ts";
import type {
  AgentResultLike,
  HistoryConfig,
  HistoryConfigOptions,
  HookContext,
} from "./contract.ts";
import { pinData, restoreData } from "./data.ts";
import { resultOf, type StoredMessage } from "./message.ts";
import { inStep, nameRun, type RunNotes, runBook, stepId, threadOf } from "./run.ts";
import { type Saving, saveResults } from "./save.ts";
import { beforeEachTurn } from "./turns.ts";

/**
 * AgentKit's `HistoryConfig` over a store: networks keep their conversation, and their `state.data`, in it.
 *
 * Every hook is a step of its own when AgentKit runs inside Inngest, so a replay writes nothing twice, and steps return ids alone. What is read are real
 * `AgentResult`s, with their ids; a user's message is one of agent `user`. The message that a run was just given is not read back, because AgentKit puts it into the
 * prompt itself. Identity is the message's id, never its checksum or content. Each agent's results are stored before the next agent is chosen, so that they are there when
 * that one throws. A run that brings its own results or messages is not given others: AgentKit does not call `get` then. Throws `INVALID_ARGUMENT` without the class.
 */
export function historyConfig<R extends AgentResultLike>(
  store: Store,
  options: HistoryConfigOptions<R>,
): HistoryConfig<R> {
  checkGiven("historyConfig", { store }, { store: "store" });
  if (typeof (options as Partial<typeof options> | undefined)?.AgentResult !== "function")
    throw new StorageError(
      "INVALID_ARGUMENT",
      "A history needs AgentKit's class of results: { AgentResult } from @inngest/agent-kit.",
    );
  const runs = runBook();
  const saving: Saving<R> = { store, options };
  const watch = (context: HookContext, run: RunNotes): RunNotes => {
    beforeEachTurn(context.network, async () => {
      const results = (context.state.results ?? []) as readonly R[];
      run.first ??= results.length;
      const fresh = results.slice(run.first);
      if (fresh.length > run.stored) await saveResults(saving, context, run, fresh);
    });
    return run;
  };
  return {
    async createThread(context) {
      const run = watch(context, runs.begin(context));
      const given = context.state.threadId || context.threadId || undefined;
      const made = await inStep(context, threadStep(context, given), async () => {
        const threadId = given ?? randomUUID();
        await store.threads.create(threadId);
        return { threadId, run: randomUUID() };
      });
      run.name ??= made.run;
      return { threadId: made.threadId };
    },
    async appendUserMessage(context) {
      const run = watch(context, runs.of(context));
      const { id, content } = context.userMessage;
      const threadId = threadOf(context);
      // AgentKit makes an id in each request: the first that was stored counts, and an attempt that was not answered is known by the run's name.
      const operationId = `${await nameRun(context, run)}/message`;
      run.message = await inStep(context, stepId(context, "message"), async () => {
        const value: StoredMessage = { by: "user", content };
        const { ids } = await store.history.append(threadId, [{ id, value }], { operationId });
        return ids[0] ?? id;
      });
    },
    get: (context) => readResults(saving, context, runs.of(context)),
    async appendResults(context) {
      await saveResults(saving, context, runs.of(context), context.newResults);
    },
  };
}

function threadStep(context: HookContext, given: string | undefined): string {
  return given === undefined ? "history:thread" : stepId({ ...context, threadId: given }, "thread");
}

/** What the run goes on with: the thread's data is in its state, and the results of the thread are answered. */
async function readResults<R extends AgentResultLike>(
  { store, options }: Saving<R>,
  context: HookContext,
  run: RunNotes,
): Promise<R[]> {
  const { AgentResult, limit, data, onDamaged } = options;
  const threadId = threadOf(context);
  // The step keeps only how far to read, so that a replay reads the same entries and none of them counts against the run's limits.
  const { upTo, saved } = await inStep(context, stepId(context, "read"), async () => ({
    upTo: await lastCursor(store, threadId),
    saved: data === false ? null : await pinData(store, threadId),
  }));
  if (data !== false) await restoreData(store, threadId, context.state, saved, data);
  if (upTo === null) return [];
  const entries = await store.history.read<StoredMessage>(threadId, {
    upTo,
    ...(limit === undefined ? {} : { limit: limit + 1 }),
    ...(onDamaged ? { onDamaged } : {}),
  });
  const earlier = entries.filter(({ id }) => id !== run.message);
  const first = limit === undefined ? 0 : Math.max(0, earlier.length - limit);
  return earlier.slice(first).map(resultOf(AgentResult));
}

/** The place of the last entry, also of one that cannot be read. */
async function lastCursor(store: Store, threadId: string): Promise<string | null> {
  let damaged: string | undefined;
  const onDamaged = (cursor: string): void => void (damaged = cursor);
  const [last] = await store.history.read(threadId, { limit: 1, onDamaged });
  return last?.cursor ?? damaged ?? null;
}
