import { StorageError } from "@perdure/checkpoint-core";
import type { Price } from "@perdure/inngest-bridge/agent";
import type { GenerateOptions } from "./contract.ts";

/** When a person must agree to calls, beside what the tools themselves say. */
export type RequireToolApproval = NonNullable<GenerateOptions["requireToolApproval"]>;

const TAKEN = [
  "activeTools",
  "actor",
  "delegation",
  "errorProcessors",
  "hooks",
  "inputProcessors",
  "instructions",
  "maxProcessorRetries",
  "maxSteps",
  "mcp",
  "modelSettings",
  "outputProcessors",
  "prepareStep",
  "providerOptions",
  "requireToolApproval",
  "stopWhen",
  "structuredOutput",
  "system",
  "toolCallConcurrency",
  "toolChoice",
  "toolsets",
  "tracingOptions",
  "versions",
] as const;

/** The options of a call that a run takes. */
export type TakenOption = (typeof TAKEN)[number];

/** What a run needs beside the agent. */
export interface MastraAgentOptions {
  /** Stored with each checkpoint: an agent of another name cannot go on from it; the agent's id when not given. */
  readonly name?: string;
  /** What each of its runs is called with, of the options of `agent.generate`; its `defaultOptions` hold as well. */
  readonly options?: Pick<GenerateOptions, TakenOption>;
  /** `false`: the agent has a memory of its own, which has no part in its runs. */
  readonly memory?: false;
  /** Whether the model is asked through `doStream` where somebody may watch the run; true when not given. */
  readonly streaming?: boolean;
  /** The last messages of the thread that the model sees; all of them when not given. */
  readonly historyLimit?: number;
  /** What a model call costs, for the run's stats. One that throws, or knows nothing, leaves the cost `null`. */
  readonly price?: Price;
  /** Whether a turn that waits for several people goes on with the first decision, or with all; `all` when not given. */
  readonly resumeWhen?: "all" | "any";
}

const OWN: ReadonlySet<string> = new Set<keyof MastraAgentOptions>([
  "name",
  "options",
  "memory",
  "streaming",
  "historyLimit",
  "price",
  "resumeWhen",
]);

const CALLED =
  "it would be called in every pass: the callbacks of createInngestAgent are called once";
const THREAD = "the thread and its history are the run's";
const PASSES = "it works on its own behind the run";

const SHOWN = "a stream is the run's, for whoever watches it";
const TRACED = "a run outlives the span that it was begun in: `tracingOptions` is taken";

/** What Mastra's other calls take, and those of other versions. */
type Elsewhere = "threadId" | "resourceId" | "model";

/** All options of Mastra's that have no place in a run, and why. */
const WHY: Readonly<Record<Exclude<keyof GenerateOptions, TakenOption> | Elsewhere, string>> = {
  onStepFinish: CALLED,
  onFinish: CALLED,
  onChunk: CALLED,
  onError: CALLED,
  onAbort: CALLED,
  onIterationComplete: CALLED,
  memory: THREAD,
  savePerStep: THREAD,
  threadId: THREAD,
  resourceId: THREAD,
  context: "`context` is an option of a run",
  clientTools: "`clientTools` is an option of a run",
  requestContext: "`requestContext` is an option of a run",
  runId: "`runId` is an option of a run",
  autoResumeSuspendedTools: "it is an option of `stream` and `generate`",
  abortSignal: "a run is ended by `cancel`",
  model: "the agent has it",
  scorers: "they would judge every pass: score the stored thread",
  returnScorerData: "they would judge every pass: score the stored thread",
  isTaskComplete: "its scorers ask models outside of the run's steps",
  untilIdle: PASSES,
  backgroundTaskPolicy: PASSES,
  disableBackgroundTasks: "a run has no background tasks",
  serverless: PASSES,
  eagerToolExecution: "a call is done when the answer that asks for it is stored",
  closeOnSuspend: "a stream ends where its run waits",
  hideSignals: SHOWN,
  includeRawChunks: SHOWN,
  transform: SHOWN,
  experimentalTransform: SHOWN,
  tracing: TRACED,
  tracingContext: TRACED,
  loggerVNext: TRACED,
  metrics: TRACED,
  _skipBgTaskWait: "a run has no background tasks",
};

/** Refuses options that there are not, and those that a run could not keep (`INVALID_ARGUMENT`). */
export function checkOptions(options: MastraAgentOptions): void {
  const unknown = Object.keys(options).find((name) => !OWN.has(name));
  if (unknown !== undefined) throw refused("mastraAgent", unknown);
  checkGenerateOptions("mastraAgent's options", options.options ?? {});
}

/** The same for options of a call of the agent. */
export function checkGenerateOptions(where: string, options: object): void {
  const taken: ReadonlySet<string> = new Set(TAKEN);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const unknown = given.find(([name]) => !taken.has(name));
  if (unknown) throw refused(where, unknown[0]);
  const { structuredOutput } = options as {
    readonly structuredOutput?: { readonly model?: unknown };
  };
  if (structuredOutput?.model !== undefined)
    throw refused(where, "structuredOutput.model", "it would be asked in every pass");
}

/** Options of a call of the agent that each run of its own may have, too. */
const OF_A_RUN: ReadonlySet<string> = new Set<TakenOption>([
  "instructions",
  "maxSteps",
  "modelSettings",
  "requireToolApproval",
  "toolCallConcurrency",
  "toolChoice",
]);

/** Refuses an option of one run that all runs of the agent may have (`INVALID_ARGUMENT`), and says where. */
export function checkRunOptions(where: string, options: object = {}): void {
  const taken: ReadonlySet<string> = new Set(TAKEN);
  const misplaced = Object.keys(options).find((name) => taken.has(name) && !OF_A_RUN.has(name));
  if (misplaced !== undefined)
    throw refused(where, misplaced, "give it to createInngestAgent, in `options`, for all runs");
}

function refused(
  where: string,
  name: string,
  why: string | undefined = new Map(Object.entries(WHY)).get(name),
): StorageError {
  const because = why === undefined ? "" : `: ${why}`;
  return new StorageError("INVALID_ARGUMENT", `${where} has no option "${name}"${because}.`);
}
