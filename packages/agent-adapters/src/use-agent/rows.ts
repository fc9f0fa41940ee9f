import {
  type AssistantMessage,
  type HistoryEntry,
  type Message,
  type Run,
  type ToolMessage,
  turnEntries,
} from "@perdure/checkpoint-core";
import { plainJson } from "@perdure/inngest-bridge/agent";
import { sentIn } from "./sent.ts";

/** A message of a thread, as the client reads it. */
export type Row = {
  readonly message_id: string;
  readonly createdAt: Date;
  /** Of the run that has the thread: its events tell it again from the beginning. */
  readonly live?: true;
  /** The run of a message that came from a client. */
  readonly runId?: string;
} & (
  | { readonly type: "user"; readonly content: string; readonly clientState?: unknown }
  | {
      readonly type: "agent";
      readonly agentName: string;
      /** AgentKit's messages. The client shows the first text alone. */
      readonly data: { readonly agentName: string; readonly output: readonly unknown[] };
    }
);

/** Whose rows they are. */
export interface RowsOf {
  readonly agentName: string;
  /** The run that has the thread. */
  readonly held: Run | undefined;
}

/** A row that is being put together. */
interface Draft {
  readonly entry: HistoryEntry;
  readonly isLive: boolean;
  readonly output: unknown[];
  hasText: boolean;
}

/**
 * The entries as rows: a user's message is one, and of an agent's turns those up to the next text, with their tool calls and results, since the client shows one text of each. What is not a
 * message of a conversation is left out.
 */
export function rowsOf(entries: readonly HistoryEntry[], of: RowsOf): readonly Row[] {
  const rows = new Rows(of);
  for (const entry of entries) rows.take(entry, entry.value ?? {});
  return rows.finish();
}

class Rows {
  readonly #of: RowsOf;
  /** What the ids of the entries begin with that the run has made which has the thread. */
  readonly #live: string | undefined;
  readonly #rows: Row[] = [];
  #draft: Draft | undefined;

  constructor(of: RowsOf) {
    this.#of = of;
    this.#live = of.held && turnEntries(of.held.id);
  }

  take(entry: HistoryEntry, message: Partial<Message>): void {
    if (message.role === "user") {
      this.finish();
      this.#rows.push(userRow(entry, message as UserMessage, this.#of.held));
    }
    if (message.role === "assistant") this.#answer(entry, message as AssistantMessage);
    if (message.role === "tool" && this.#draft) {
      const { output } = this.#draft;
      output.push(gave(message as ToolMessage, output));
    }
  }

  /** The rows, with the one that was being put together. */
  finish(): readonly Row[] {
    if (this.#draft) this.#rows.push(agentRow(this.#draft, this.#of.agentName));
    this.#draft = undefined;
    return this.#rows;
  }

  #answer(entry: HistoryEntry, message: AssistantMessage): void {
    if (this.#draft?.hasText) this.finish();
    const isLive = this.#live !== undefined && entry.id.startsWith(this.#live);
    this.#draft ??= { entry, isLive, output: [], hasText: false };
    this.#draft.output.push(...said(message));
    this.#draft.hasText = message.content !== "";
  }
}

type UserMessage = Extract<Message, { readonly role: "user" }>;

function userRow(
  { id, createdAt }: HistoryEntry,
  message: UserMessage,
  held: Run | undefined,
): Row {
  const { content } = message;
  const sent = sentIn(message);
  return {
    message_id: sent?.id ?? id,
    createdAt,
    type: "user",
    content: typeof content === "string" ? content : JSON.stringify(plainJson(content)),
    ...(sent ? { runId: sent.runId } : {}),
    ...(sent && sent.runId === held?.id ? { live: true } : {}),
    ...(sent?.state === undefined ? {} : { clientState: plainJson(sent.state) }),
  };
}

function agentRow({ entry, isLive, output }: Draft, agentName: string): Row {
  return {
    message_id: entry.id,
    createdAt: entry.createdAt,
    type: "agent",
    agentName,
    data: { agentName, output },
    ...(isLive ? { live: true } : {}),
  };
}

/** An answer in AgentKit's messages: its text, and the calls that it asks for. */
function said({ content, toolCalls = [] }: AssistantMessage): readonly unknown[] {
  const stop = toolCalls.length === 0 ? "stop" : "tool";
  const text = { type: "text", role: "assistant", content, stop_reason: stop };
  const tools = toolCalls.map(({ id, name, input }) => ({
    type: "tool",
    id,
    name,
    input: plainJson(input),
  }));
  const call = { type: "tool_call", role: "assistant", tools, stop_reason: "tool" };
  return [...(content === "" ? [] : [text]), ...(tools.length === 0 ? [] : [call])];
}

/** A result in AgentKit's messages, with the call that it answers. */
function gave(
  { toolCallId, toolName, content, isError = false }: ToolMessage,
  output: readonly unknown[],
): unknown {
  const calls = output.flatMap((one) => (one as { readonly tools?: readonly Call[] }).tools ?? []);
  const asked = calls.findLast(({ id }) => id === toolCallId);
  const tool = asked ?? { type: "tool", id: toolCallId, name: toolName, input: {} };
  const plain = plainJson(content);
  return {
    type: "tool_result",
    role: "tool_result",
    tool,
    content: isError ? { error: plain } : { data: plain },
    stop_reason: "tool",
  };
}

interface Call {
  readonly id: string;
}
