import type {
  AgentExecutionOptionsBase,
  DurableAgentLike,
  PublicStructuredOutputOptions,
} from "@mastra/core/agent";
import type { LedgerCall } from "../run/ledger.ts";

/** An agent of Mastra, with whatever tools, output and request context. */
export type MastraAgent = DurableAgentLike["agent"];

/** The options of one call of an agent. */
export type GenerateOptions = AgentExecutionOptionsBase<unknown> & {
  readonly structuredOutput?: PublicStructuredOutputOptions<object>;
};

/** What happens ahead of a model call, as Mastra tells it. */
export interface StepArguments {
  readonly model: MastraModel;
  readonly tools?: Readonly<Record<string, MastraTool>>;
  readonly modelSettings?: Readonly<Record<string, unknown>>;
  readonly requestContext?: unknown;
}

/** What may be changed ahead of a model call. */
export type PreparedStep = Partial<StepArguments> | undefined | void;

/** A model as Mastra has it, whatever the version of its provider's interface. */
export interface MastraModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  readonly supportedUrls?: unknown;
  doGenerate(options: ModelCall): PromiseLike<unknown>;
  doStream(options: ModelCall): PromiseLike<unknown>;
}

/** What a model is asked. */
export interface ModelCall {
  readonly prompt: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly { readonly name: string }[];
  readonly abortSignal?: AbortSignal;
}

/** A tool as Mastra's loop has it. */
export interface MastraTool {
  readonly execute?: (input: unknown, options: ToolOptions) => unknown;
  readonly requireApproval?: unknown;
  readonly needsApprovalFn?: unknown;
}

/** What a tool is called with. */
export interface ToolOptions {
  readonly toolCallId: string;
  readonly abortSignal?: AbortSignal;
  readonly requestContext?: { readonly all?: Readonly<Record<string, unknown>> };
  readonly workspace?: unknown;
  readonly suspend?: Suspend;
  readonly resumeData?: unknown;
  readonly suspendPayload?: unknown;
}

/** How a tool asks a person. */
export type Suspend = (
  payload: unknown,
  options?: { readonly runId?: string; readonly requireToolApproval?: unknown },
) => Promise<undefined>;

/** A call of a tool in the present turn. */
export interface ToolCallInRun extends LedgerCall {
  readonly turn: number;
  readonly input: unknown;
  readonly options: ToolOptions;
}
