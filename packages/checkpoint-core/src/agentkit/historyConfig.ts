import { randomUUID } from "node:crypto";
import type { Store } from "../store/contract.ts";
import type { HistoryEntry, NewEntry } from "../store/history/contract.ts";
import type {
  AgentResultClass,
  AgentResultLike,
  HistoryConfig,
  HistoryConfigOptions,
  HookContext,
} from "./contract.ts";

/**
 * AgentKit's `HistoryConfig` over a store: networks keep their conversation in it.
 *
 * Every hook is a step of its own when AgentKit runs inside Inngest, so a replay writes nothing twice. What is read are real `AgentResult`s, with their ids; a
 * user's message is one of agent `user`. The message that a run was just given is not read back, because AgentKit puts it into the prompt itself. Identity is the
 * message's id, never its checksum or content.
 */
export function historyConfig<R extends AgentResultLike>(
  store: Store,
  { AgentResult, limit }: HistoryConfigOptions<R>,
): HistoryConfig<R> {
  /** The user message that each network state was given, while it runs. */
  const current = new WeakMap<object, string>();
  return {
    async createThread(context) {
      const threadId = await inStep(context, "history:create-thread", async () => {
        const id = context.state.threadId ?? context.threadId ?? randomUUID();
        await store.threads.create(id);
        return id;
      });
      return { threadId };
    },
    async appendUserMessage(context) {
      const { userMessage } = context;
      const threadId = threadOf(context);
      const id = await inStep(context, `history:user-message:${threadId}`, async () => {
        const value: StoredMessage = { by: "user", content: userMessage.content };
        await store.history.append(threadId, [{ id: userMessage.id, value }]);
        return userMessage.id;
      });
      current.set(context.state, id);
    },
    async get(context) {
      const threadId = threadOf(context);
      // The step keeps only how far to read, so that a replay reads the same entries and none of them counts against the run's limits.
      const upTo = await inStep(context, `history:cursor:${threadId}`, async () => {
        const [last] = await store.history.read(threadId, { limit: 1 });
        return last?.cursor ?? null;
      });
      if (upTo === null) return [];
      const range = limit === undefined ? { upTo } : { upTo, limit: limit + 1 };
      const entries = await store.history.read<StoredMessage>(threadId, range);
      const earlier = entries.filter(({ id }) => id !== current.get(context.state));
      return earlier.slice(limit === undefined ? 0 : -limit).map(resultOf(AgentResult));
    },
    async appendResults(context) {
      const { newResults } = context;
      const threadId = threadOf(context);
      if (newResults.length === 0) return;
      const first = newResults[0]?.id ?? "";
      await inStep(context, `history:results:${threadId}:${first}`, async () => {
        await store.history.append(threadId, newResults.map(entryOf));
        return newResults.length;
      });
    },
  };
}

/** A message as it is stored. */
type StoredMessage =
  | { readonly by: "user"; readonly content: string }
  | {
      readonly by: "agent";
      readonly agentName: string;
      readonly output: unknown;
      readonly toolCalls: unknown;
      readonly createdAt: Date;
      readonly raw?: string;
    };

function threadOf(context: HookContext): string {
  const threadId = context.threadId ?? context.state.threadId;
  if (threadId === undefined)
    throw new TypeError(
      "The history needs a thread: give the state a threadId, or a createThread hook.",
    );
  return threadId;
}

async function inStep<T extends string | number | null>(
  { step }: HookContext,
  id: string,
  work: () => Promise<T>,
): Promise<T> {
  return step ? ((await step.run(id, work)) as T) : work();
}

function entryOf(result: AgentResultLike): NewEntry<StoredMessage> {
  const { agentName, output, toolCalls, createdAt, raw } = result;
  const value: StoredMessage = { by: "agent", agentName, output, toolCalls, createdAt };
  return { id: result.id ?? randomUUID(), value: raw === undefined ? value : { ...value, raw } };
}

function resultOf<R extends AgentResultLike>(
  AgentResult: AgentResultClass<R>,
): (entry: HistoryEntry<StoredMessage>) => R {
  return ({ id, value, createdAt }) => {
    if (value.by === "agent")
      return new AgentResult(
        value.agentName,
        value.output as never,
        value.toolCalls as never,
        value.createdAt,
        undefined,
        undefined,
        value.raw,
        id,
      );
    const message = { type: "text", role: "user", content: value.content, stop_reason: "stop" };
    const output = [message] as never;
    return new AgentResult(
      "user",
      output,
      [] as never,
      createdAt,
      undefined,
      undefined,
      undefined,
      id,
    );
  };
}
