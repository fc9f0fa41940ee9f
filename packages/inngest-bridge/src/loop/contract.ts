import { checkGiven, type Message, type Store } from "@perdure/checkpoint-core";
import type { DurableAgent } from "../agent.ts";
import type { BudgetExceeded, Budgets } from "../budget/contract.ts";
import type { ContinueAt } from "../continuing.ts";
import type { RunReport } from "../report.ts";
import type { ToolChoice } from "../runOptions.ts";
import type { Price, RunStats } from "../stats/contract.ts";
import type { InferringStep } from "../steps/infer.ts";
import type { InngestStep } from "../steps/inngestStep.ts";
import type { Inference } from "../steps/inference.ts";
import type { ToolStep } from "../steps/toolStep.ts";
import type { Parameters, StandardSchema } from "./schema.ts";

/** What a model is asked in a turn. */
export interface ModelRequest {
  readonly system?: string;
  /** The conversation so far; a turn that is not closed yet is its end. */
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  /** Aborted when the run has been taken over. */
  readonly signal: AbortSignal;
  readonly threadId: string;
  readonly runId: string;
  /** Counts from 1 in each run. */
  readonly turn: number;
  /** The same in every attempt at this turn, for providers that honour one. */
  readonly idempotencyKey: string;
  /** What the run's caller asks of the model; a function that knows none of it may leave it. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly toolChoice?: ToolChoice;
  /** There where the run may be watched: what the model says, as it says it. What the function returns is what counts. */
  readonly stream?: ModelStream;
}

/** Takes an answer as it comes. Pieces of one text, or of one call's arguments, are said in their order. */
export interface ModelStream {
  readonly text: (delta: string) => void;
  /** A piece of the JSON text of a call's arguments. */
  readonly toolCall: (call: { readonly id: string; readonly name: string }, delta: string) => void;
}

/** A tool as the model is told of it. `parameters` is a JSON Schema. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What a model said. Without tool calls it is the answer, and the run ends. */
export interface ModelResponse {
  readonly text: string;
  readonly toolCalls?: readonly {
    readonly id: string;
    readonly name: string;
    readonly input: unknown;
  }[];
  /** Stored beside the answer, and counted: under any of the names that providers give to tokens. */
  readonly usage?: Readonly<Record<string, unknown>>;
  /** The model that answered, for its price. */
  readonly model?: string;
  /** How many steps of reasoning came with the answer; none when not given. */
  readonly reasoningSteps?: number;
}

/** Asks a model. What it throws is retried by Inngest, unless it is a `NonRetriableError`. */
export type ModelFunction = (request: ModelRequest) => ModelResponse | Promise<ModelResponse>;

/** A model that Inngest's server asks, in a step of its own (`step.ai.infer`), so that no process waits while it thinks. */
export interface OffloadedModel {
  /** How long the server may take with all its attempts, in milliseconds: the run is not taken for dead before. */
  readonly silenceMs: number;
  /** What the server is to ask. It passes through Inngest, the key too. */
  readonly inference: (request: ModelRequest) => Inference;
  /** What the provider answered, as its JSON. What it throws is not asked again. */
  readonly read: (answer: unknown) => ModelResponse;
  /** Asks it from here: where there is no Inngest. */
  readonly ask: ModelFunction;
}

/** What a tool gets beside its input. */
export interface ToolContext {
  /** Names this call for the service behind the tool: the same in every attempt, delivery and execution, another for every other call. */
  readonly idempotencyKey: string;
  readonly callId: string;
  readonly threadId: string;
  readonly runId: string;
  /** Aborted when the run has been taken over, and when `toolBudget` leaves the call no more time. */
  readonly signal: AbortSignal;
  /**
   * Counts a model call that the tool has made itself: for the run's stats and its budget, and for `toolBudget`, whose limit it throws as `BudgetExceededError` once that is passed. What an
   * attempt counts that then fails is forgotten with it. A tool with `durable: "self"` counts outside of its steps.
   */
  readonly spent: (call: SpentCall) => Promise<void>;
  /** Says a piece of what the tool gives to those who watch the run. What `execute` returns is the result. */
  readonly stream: (delta: string) => void;
  readonly store: Store;
  /** What was handed along with the run or made for this execution, and never stored; none where neither was. */
  readonly requestContext?: unknown;
  /** The same, by its short name. */
  readonly context?: unknown;
  /** The name of the loop whose model calls the tool; none where a framework's own loop does. */
  readonly agent?: string;
  /** How many agents stand above the run; none when not given. */
  readonly depth?: number;
  /** True where the run is worked on in an Inngest function: what is started from here is begun by others too. */
  readonly hasInngest?: boolean;
  /** Only for tools that make steps of their own (`durable: "self"`); none in a tool that is a step itself. */
  readonly step?: ToolStep;
}

/** A model call that a tool has made. */
export interface SpentCall {
  readonly model?: string;
  /** As the provider reports it: under any of the names that are given to tokens. */
  readonly usage?: Readonly<Record<string, unknown>>;
  /** What it has cost, in US dollars; by the agent's `price` when not given. */
  readonly usd?: number;
}

/** Something that the model can have done. */
export interface AgentTool<Input = never> {
  readonly description: string;
  /** A Standard Schema, whose output `execute` gets, or a JSON Schema, which is shown to the model and checks nothing but that the input is an object. */
  readonly parameters: Parameters;
  /**
   * Does it. What it throws is retried, unless it is a `NonRetriableError`; when the attempts are used up the model gets the error's text. It may run twice when
   * its process dies: hand `idempotencyKey` to the service behind it.
   */
  execute(input: Input, context: ToolContext): unknown;
  /**
   * `self`: it is no step, it makes its own with `step`. What it does outside of them is done in every pass of the function, so it does nothing there but decide. Its steps are
   * tried again; what it throws outside of them is its result, as an error.
   */
  readonly durable?: "self";
  /**
   * `once`: what came of a call is recorded beside the thread, beyond the run, and nothing does it a second time: no retry, delivery, takeover or rerun. Where nobody knows whether it was
   * done (its process died, it threw), a person is asked, and doing it again on their word may make two. To be tried again instead it throws an `EffectNotDoneError`, or an error
   * that has one as its cause. Not for a tool that makes its own steps.
   */
  readonly effect?: "once";
  /** How long a person has to agree, in milliseconds; what `createInngestAgent` says when not given. Then the model is told that nobody decided in time. */
  readonly approvalTtlMs?: number;
  /**
   * Whether a person has to agree first. A function decides by the input, once for each call, when the model's answer is stored. One that throws, or gives neither `true` nor `false`, leaves it to a
   * person: the call waits as if it had given `true`, the answer is kept, and the output of the model's step says why.
   */
  readonly requiresApproval?: boolean | ((input: Input) => boolean | Promise<boolean>);
}

/** A tool whose input has the type of its schema's output. */
export function defineTool<Output>(
  tool: Omit<AgentTool<Output>, "parameters"> & {
    readonly parameters: StandardSchema<unknown, Output>;
  },
): AgentTool<Output>;
export function defineTool<Input = Readonly<Record<string, unknown>>>(
  tool: AgentTool<Input>,
): AgentTool<Input>;
export function defineTool(tool: AgentTool): AgentTool {
  checkGiven("defineTool", { tool }, { tool: "object" });
  return tool;
}

/** What an agent is made of. */
export interface AgentLoopOptions {
  /** Stored with each checkpoint: an agent of another name cannot go on from it. */
  readonly name: string;
  readonly model: ModelFunction | OffloadedModel;
  readonly tools?: Readonly<Record<string, AgentTool>>;
  /** Told to the model first. A function is called once when a run begins, in a step of its own; what it gives is stored with the run and told in all of its turns, also after a suspension. */
  readonly systemPrompt?:
    | string
    | ((context: {
        readonly threadId: string;
        readonly runId: string;
      }) => string | Promise<string>);
  /** Model calls in a run, at most; 25 when not given. Tools that the last one asks for are not run. */
  readonly maxIterations?: number;
  /** The last messages of the thread that the model sees; all of them when not given. */
  readonly historyLimit?: number;
  /** Puts a summary in the place of the older part of a history that has become long. */
  readonly compaction?: Compaction;
  /**
   * Told the output of a run that has completed, in a step of its own that is tried again, with a key that is the same in every attempt and delivery. Never of a run that was superseded, taken
   * over or has failed. It may be told twice when its process dies: hand the key to the service that replies.
   */
  readonly onReply?: (
    output: LoopOutput,
    about: { readonly threadId: string; readonly runId: string; readonly idempotencyKey: string },
  ) => unknown;
  /** For calls in Inngest functions (`await loop(step, …)`), where the call brings no store of its own. */
  readonly store?: Store;
  /** What a call in an Inngest function does that finds its thread taken: `cancel` (the default) supersedes the run that has it, `skip` gives up. */
  readonly singleton?: "skip" | "cancel";
  /** What a model call costs, for the run's stats. One that throws, or knows nothing, leaves the cost `null`: an answer is not asked for again because of its price. */
  readonly price?: Price;
  /** Whether a turn that waits for several people goes on with the first decision, or with all; `all` when not given. */
  readonly resumeWhen?: "all" | "any";
}

/** What a run gives. */
export interface LoopOutput {
  readonly response: string;
  /** Model calls that it took. */
  readonly iterations: number;
  /** `maxIterations`: the model still asked for tools when it had no call left. `budgetExceeded`: its budget was used up, and it says to complete then. */
  readonly status: "completed" | "maxIterations" | "budgetExceeded";
  /** The limit that was used up, where that ended the run. */
  readonly budgetExceeded?: BudgetExceeded;
  /** What the run did, from its first execution on. */
  readonly stats: RunStats;
}

/** When a history is long, and how it is put together. */
export interface Compaction {
  /** A history of more messages than this is compacted, when a run begins. */
  readonly above: number;
  /** At least so many of the last messages stay as they are. */
  readonly keep: number;
  /** Says in a text what these messages said. What it throws is tried again. */
  summarize(
    messages: readonly Message[],
    about: { readonly threadId: string; readonly runId: string; readonly signal: AbortSignal },
  ): string | Promise<string>;
}

/** What of Inngest's `step` a loop is called with. */
export interface LoopStep extends InngestStep, InferringStep {
  run(
    step: { readonly id: string; readonly name?: string },
    work: () => Promise<unknown>,
  ): Promise<unknown>;
  sleep(id: string, ms: number): Promise<void>;
}

/** One message to a loop that is called in an Inngest function. */
export interface LoopCall extends Budgets {
  readonly threadId: string;
  /** What the user says. None goes on with a run: after a decision, by its `runId`. */
  readonly message?: string;
  /** In place of the loop's own. */
  readonly store?: Store;
  /** Made from the event, the thread and the message when not given. */
  readonly runId?: string;
  /** When the loop gives `continued`, before the function meets Inngest's limits: the run has stored all that it has done, and a call with its `runId` and no message, in another execution, goes on. */
  readonly continueAt?: ContinueAt;
  /** Told in one line what became of the run. */
  readonly logger?: { info(message: string): void };
}

/** What a call gives: the output of the run, or, by its `status`, what else became of it. */
export type LoopResult =
  | (LoopOutput & { readonly runId: string; readonly threadId: string })
  | Exclude<RunReport, { readonly status: "completed" }>;

/** A loop: an agent for `createInngestAgent`, and a function for any other Inngest function. */
export interface AgentLoop extends DurableAgent {
  (step: LoopStep, call: LoopCall): Promise<LoopResult>;
}
