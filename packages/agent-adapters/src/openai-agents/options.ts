import type { ModelProvider, RunConfig } from "@openai/agents";
import type { AgentContext, Price } from "@perdure/inngest-bridge/agent";
import type { AnyAgent } from "./agents.ts";

/** What a run of an agent needs beside the agent. */
export interface OpenAIAgentOptions {
  /** Stored with each checkpoint: an agent of another name cannot go on from it. The agent's own when not given. */
  readonly name?: string;
  /** Where models that are given by name come from; the SDK's default when not given. */
  readonly modelProvider?: ModelProvider;
  /** The rest of the SDK's `RunConfig`. Tracing is off when not said otherwise: a trace would be sent in every pass. */
  readonly runConfig?: Partial<Omit<RunConfig, "model" | "modelProvider">>;
  /** The context that tools, instructions and guardrails get, made anew in every pass; the run's `requestContext` when not given. */
  readonly context?: (run: AgentContext) => unknown;
  /** What of that context is stored when a run waits for a person; nothing when not given. */
  readonly sanitizeContext?: (context: unknown) => unknown;
  /** Whether the model is asked through `getStreamedResponse` where somebody may watch the run; true when not given. */
  readonly streaming?: boolean;
  /** Model calls in a run, at most; 10 when not given, as the SDK has it. */
  readonly maxTurns?: number;
  /** The last messages of the thread that the model sees; all of them when not given. */
  readonly historyLimit?: number;
  /** What a model call costs, for the run's stats. One that throws, or knows nothing, leaves the cost `null`. */
  readonly price?: Price;
  /** Whether a turn that waits for several people goes on with the first decision, or with all; `all` when not given. */
  readonly resumeWhen?: "all" | "any";
}

/** An agent and its options. */
export interface OpenAIParts extends OpenAIAgentOptions {
  readonly root: AnyAgent;
  readonly name: string;
}
