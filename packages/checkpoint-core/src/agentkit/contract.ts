import type { StorageError } from "../errors.ts";

/** What AgentKit's `AgentResult` shows of itself. The class itself is injected, because its type is nominal. */
export interface AgentResultLike {
  readonly id?: string | undefined;
  readonly agentName: string;
  readonly output: unknown;
  readonly toolCalls: unknown;
  readonly createdAt: Date;
  readonly prompt?: unknown;
  readonly history?: unknown;
  readonly raw?: string | undefined;
}

/** AgentKit's `AgentResult` class, as its constructor takes what was stored. */
export type AgentResultClass<R extends AgentResultLike> = new (
  agentName: string,
  // The message types of AgentKit are its own: what was read is what such a class had given us.
  output: never,
  toolCalls: never,
  createdAt: Date,
  prompt?: never,
  history?: never,
  raw?: string,
  id?: string,
) => R;

/** Of an Inngest step we use `run`. */
export interface StepLike {
  run<T>(id: string, work: () => Promise<T>): Promise<unknown>;
}

/** Of AgentKit's state we use the data, the thread, and the results so far. */
export interface StateLike {
  readonly data: unknown;
  threadId?: string | undefined;
  readonly results?: readonly unknown[];
}

/** What we read of the context that AgentKit hands to each hook. */
export interface HookContext {
  readonly state: StateLike;
  readonly step?: StepLike | undefined;
  readonly threadId?: string | undefined;
  /** The network of this run. */
  readonly network?: unknown;
}

/** A user's message, as AgentKit hands it over. */
export interface UserMessageLike {
  readonly id: string;
  readonly content: string;
  readonly role: "user";
  readonly timestamp: Date;
}

/** AgentKit's `HistoryConfig`, structurally: its hooks' contexts are asked for no more than we read. */
export interface HistoryConfig<R extends AgentResultLike = AgentResultLike> {
  createThread(context: HookContext): Promise<{ threadId: string }>;
  get(context: HookContext & { readonly input?: string }): Promise<R[]>;
  appendUserMessage(
    context: HookContext & { readonly userMessage: UserMessageLike },
  ): Promise<void>;
  appendResults(context: HookContext & { readonly newResults: R[] }): Promise<void>;
}

/** A network's `state.data`. */
export type StateData = Readonly<Record<string, unknown>>;

/** What {@link historyConfig} needs beside a store. */
export interface HistoryConfigOptions<R extends AgentResultLike> {
  /** The class of `@inngest/agent-kit`, so that what is read are real instances of it. */
  readonly AgentResult: AgentResultClass<R>;
  /** The last n entries that a thread goes on with; all when not given. */
  readonly limit?: number;
  /**
   * What a run on a thread that is there begins with as `state.data`: when not given what was saved, in front of what the run was given. A function decides otherwise;
   * `false` neither saves nor restores.
   */
  readonly data?: false | ((saved: StateData, given: StateData) => StateData);
  /** Keeps each result's `prompt` and `history` as well. They hold the conversation so far, so that what is stored grows with its square. */
  readonly prompts?: boolean;
  /** Is told the place of each entry that cannot be read, which is then left out; without it such an entry fails the run. */
  readonly onDamaged?: (cursor: string, error: StorageError) => void;
}
