/** Tokens of one or more model calls, whoever counted them. */
export interface TokenUsage {
  /** All that went in, what came from a cache or went into one included. */
  readonly inputTokens: number;
  /** All that came out, reasoning included. */
  readonly outputTokens: number;
  readonly totalTokens: number;
  /** Of the input, what was read from a cache; where it was said. */
  readonly cachedInputTokens?: number;
  /** Of the input, what was written to a cache; where it was said. */
  readonly cacheWriteTokens?: number;
}

/** What a model call costs, in US dollars; nothing where it is not known. */
export type Price = (
  model: string,
  usage: TokenUsage,
) => number | null | undefined | Promise<number | null | undefined>;

/** What a run did, in thirteen numbers and names. */
export interface RunStats {
  /** Calls that the model asked for, those that were denied or not run included. */
  readonly totalToolCalls: number;
  /** Texts that the model said. */
  readonly totalMessages: number;
  readonly totalReasoningSteps: number;
  /** All of these, the outputs of the calls and the handoffs. */
  readonly totalItems: number;
  /** Every agent that had a part in it, sorted. */
  readonly agentsInvolved: readonly string[];
  readonly agentCount: number;
  readonly startingAgent: string;
  readonly finalAgent: string;
  /** Sums of what the model calls reported; a call that reports nothing counts as 0 here, and makes the cost unknown. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  /** `null` where it is not known of every model call: no price, no usage, or no price for this model. */
  readonly totalCostUsd: number | null;
  /** `null` where nobody named one. */
  readonly model: string | null;
}

/** Something that happened in a run. A handoff has a source and a target in place of an agent. */
export interface RunItem {
  /**
   * `message`, `tool_call`, `tool_result`, `reasoning` or `handoff`; or what the OpenAI Agents SDK calls them (`message_output_item`, …). An approval that was asked for is no
   * item; any other type counts as an item and as nothing else.
   */
  readonly type: string;
  readonly agent?: NamedAgent | undefined;
  readonly sourceAgent?: NamedAgent | undefined;
  readonly targetAgent?: NamedAgent | undefined;
}

/** An agent, or its name. */
export type NamedAgent = string | { readonly name: string };

/**
 * What a framework's run gives, as far as it is counted; a result of the OpenAI Agents SDK is one as it is. Usage may have any of the names that providers give to
 * tokens; as a list it is that of one model call after the other, each with its `model` where they differ.
 */
export interface RunResult {
  readonly finalOutput?: unknown;
  readonly newItems: readonly RunItem[];
  readonly lastAgent?: NamedAgent | undefined;
  readonly usage?: unknown;
  /** Where the OpenAI Agents SDK keeps it. */
  readonly state?: { readonly usage?: unknown } | undefined;
}

/** A part of a run that is counted already, as our own loop answers it. */
export interface CountedResult {
  readonly response: unknown;
  readonly stats: RunStats;
}

/** A run, counted. */
export interface FinalizedRun {
  readonly finalOutput: unknown;
  readonly stats: RunStats;
}
