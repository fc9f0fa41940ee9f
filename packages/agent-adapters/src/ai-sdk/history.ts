import {
  checkGiven,
  digestOf,
  type HistoryEntry,
  isStorageError,
  type Message,
  runOfEntry,
  type Store,
  StorageError,
  type ToolMessage,
} from "@perdure/checkpoint-core";
import { isToolUIPart, type ToolUIPart, type UIMessage } from "ai";
import { isUIMessage } from "./messages.ts";
import { regeneratedIn, type StoredMessage } from "./regenerated.ts";

/** How a write is named: the same again writes nothing. */
interface Named {
  readonly operationId: string;
}

/** How messages are saved. */
export interface SaveOptions extends Partial<Named> {
  /** Why the page has asked, as its request says. With `regenerate-message` a new answer takes the place of the saved one behind the same message. */
  readonly trigger?: "submit-message" | "regenerate-message" | undefined;
}

/** A thread as the messages of a chat. */
export interface UIMessageHistory<M extends UIMessage = UIMessage> {
  /** The messages, in order: those that were saved, whole, and what runs have said in between: a message for each run, under the run's id and in the parts that `toUIMessageStream` makes, so that a stream which is resumed takes its place. */
  load(threadId: string): Promise<M[]>;
  /**
   * Each message stands where the one of its id stood, or at the end; those that are as they are stored are not written. A message that a run has said cannot be changed
   * (`INVALID_ARGUMENT`), and no thread while a run has it (`CONFLICT`). What the messages leave out stays, but for the answer that was asked for again (`trigger`).
   */
  save(threadId: string, messages: readonly M[], options?: SaveOptions): Promise<void>;
  /**
   * A saved message is what `change` makes of it, as one step: of two people who answer two calls of one message at once neither is lost. `change` may be called several times, and does nothing but
   * answer. Answers the message as it is now; nothing where there is none of this id, or `change` leaves it. A run's message is refused as by `save`.
   */
  update(
    threadId: string,
    id: string,
    change: (message: M) => M | undefined,
    options?: Partial<Named>,
  ): Promise<M | undefined>;
}

/** The history of chats, for `onEnd` of a UI message stream. */
export function uiMessageHistory<M extends UIMessage = UIMessage>(
  store: Store,
): UIMessageHistory<M> {
  checkGiven("uiMessageHistory", { store }, { store: "store" });
  const stored = async (threadId: string): Promise<readonly Stored[]> =>
    storedMessages(await store.history.read(threadId));
  return {
    load: async (threadId) => (await stored(threadId)).map(({ message }) => message as M),
    async save(threadId, messages, { trigger, ...options } = {}) {
      if (trigger === "regenerate-message") await takePlaces(store, threadId, messages);
      const known = new Map((await stored(threadId)).map((one) => [one.message.id, one]));
      const changed = messages.filter(({ id, ...rest }) => {
        const before = known.get(id);
        if (!before) return true;
        if (digestOf({ id, ...rest }) === digestOf(before.message)) return false;
        if (before.saved) return true;
        throw ofARun(id);
      });
      if (changed.length === 0) return;
      const entries = changed.map((message) => ({ id: message.id, value: message }));
      await store.history.upsert(threadId, entries, options);
    },
    async update(threadId, id, change, options = {}) {
      const next = (value: unknown): M | undefined => {
        if (!isUIMessage(value)) throw ofARun(id);
        const changed = change({ ...value, id } as M);
        return changed && { ...changed, id };
      };
      const updated = await store.history.update(threadId, id, next, options);
      return updated?.value;
    },
  };
}

/** Each answer that was asked for again stands where the one before stood; looked for anew where somebody was faster. */
async function takePlaces(
  store: Store,
  threadId: string,
  messages: readonly UIMessage[],
): Promise<void> {
  let tried: number | undefined;
  for (;;) {
    const found = regeneratedIn(storedMessages(await store.history.read(threadId)), messages);
    if (!found) return;
    const { answer, place } = found;
    const { cursor, revision: expectedRevision } = place;
    const entry = { id: answer.id, value: answer };
    try {
      const range = { from: cursor, to: cursor };
      await store.history.replace(threadId, range, [entry], { expected: 1, expectedRevision });
    } catch (error) {
      const isAnother = isStorageError(error) && error.code === "CONFLICT";
      // Nothing was changed there: a run has the thread.
      if (!isAnother || tried === expectedRevision) throw error;
      tried = expectedRevision;
    }
  }
}

function ofARun(id: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", `The message ${id} is a run's, and stays as it is.`);
}

interface Stored extends StoredMessage {
  /** The run that said it. */
  readonly run?: string | undefined;
}

type Part = UIMessage["parts"][number];

/** What a run has said is one message, as the SDK has it, also in the middle of its run. */
function storedMessages(entries: readonly HistoryEntry[]): readonly Stored[] {
  const messages: Stored[] = [];
  for (const { id, value, cursor, revision } of entries) {
    if (isUIMessage(value)) {
      messages.push({ message: { ...value, id }, saved: { cursor, revision } });
      continue;
    }
    const said = value as Message;
    const run = runOfEntry(id);
    const open = openPartsOf(messages.at(-1), run);
    if (said.role === "tool") {
      if (open) withResult(open, said);
    } else if (said.role === "assistant" && open) open.push(...partsOf(said));
    else {
      const message: UIMessage = { id: run ?? id, role: said.role, parts: partsOf(said) };
      messages.push({ message, run });
    }
  }
  return messages;
}

/** The parts of what this run has said last, where it has said anything since the last message of somebody else. */
function openPartsOf(last: Stored | undefined, run: string | undefined): Part[] | undefined {
  if (!last || last.saved || last.message.role !== "assistant") return undefined;
  return last.run === run ? last.message.parts : undefined;
}

function partsOf(message: Exclude<Message, ToolMessage>): Part[] {
  const { role, content } = message;
  if (role !== "assistant") return [{ type: "text", text: textOf(content) }];
  const text: Part[] =
    content === "" ? [] : [{ type: "text", text: textOf(content), state: "done" }];
  const calls = (message.toolCalls ?? []).map(({ id: toolCallId, name: toolName, input }): Part => {
    return { type: `tool-${toolName}`, toolCallId, state: "input-available", input };
  });
  return [{ type: "step-start" }, ...text, ...calls];
}

/** The last call of this id is the one that the result is of: providers use ids again. */
function withResult(parts: Part[], { toolCallId, content, isError = false }: ToolMessage): void {
  const place = parts.findLastIndex((one) => isToolUIPart(one) && one.toolCallId === toolCallId);
  const part = parts[place];
  if (!part || !isToolUIPart(part)) return;
  const { type, input } = part as ToolUIPart;
  const call = { type, toolCallId, input };
  parts[place] = isError
    ? { ...call, state: "output-error", errorText: textOf(content) }
    : { ...call, state: "output-available", output: content };
}

function textOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}
