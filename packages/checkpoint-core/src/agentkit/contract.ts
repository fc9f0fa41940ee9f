/** What AgentKit's `AgentResult` shows of itself. The class itself is injected, because its type is nominal. */
export interface AgentResultLike {
  readonly id?: string | undefined;
  readonly agentName: string;
  readonly output: unknown;
  readonly toolCalls: unknown;
  readonly createdAt: Date;
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

/** What we read of the context that AgentKit hands to each hook. */
export interface HookContext {
  readonly state: { readonly data: unknown; threadId?: string | undefined };
  readonly step?: StepLike | undefined;
  readonly threadId?: string | undefined;
}

/** AgentKit's `HistoryConfig`, structurally: its hooks' contexts are asked for no more than we read. */
export interface HistoryConfig<R extends AgentResultLike = AgentResultLike> {
  createThread(context: HookContext): Promise<{ threadId: string }>;
  get(context: HookContext & { readonly input?: string }): Promise<R[]>;
  appendUserMessage(
    context: HookContext & {
      readonly userMessage: {
        readonly id: string;
        readonly content: string;
        readonly role: "user";
        readonly timestamp: Date;
      };
    },
  ): Promise<void>;
  appendResults(context: HookContext & { readonly newResults: R[] }): Promise<void>;
}

/** What {@link historyConfig} needs beside a store. */
export interface HistoryConfigOptions<R extends AgentResultLike> {
  /** The class of `@inngest/agent-kit`, so that what is read are real instances of it. */
  readonly AgentResult: AgentResultClass<R>;
  /** The last n entries that a thread goes on with; all when not given. */
  readonly limit?: number;
}
