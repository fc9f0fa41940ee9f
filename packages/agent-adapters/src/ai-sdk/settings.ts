import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import type { Price } from "@perdure/inngest-bridge/agent";
import type { OutputInterface, ToolLoopAgentSettings, ToolSet } from "ai";

/** What the SDK calls while it works: here it would be called in every pass of the function. */
type Callback =
  | "onStart"
  | "experimental_onStart"
  | "onStepStart"
  | "experimental_onStepStart"
  | "onLanguageModelCallStart"
  | "experimental_onLanguageModelCallStart"
  | "onLanguageModelCallEnd"
  | "experimental_onLanguageModelCallEnd"
  | "onToolExecutionStart"
  | "experimental_onToolCallStart"
  | "onToolExecutionEnd"
  | "experimental_onToolCallFinish"
  | "onStepEnd"
  | "onStepFinish"
  | "onStepError"
  | "onEnd"
  | "onFinish"
  | "onError"
  | "onAbort";

/** Settings of a `ToolLoopAgent` that have no place in a run. */
type Refused = Callback | "id" | "maxRetries" | "prepareCall" | "callOptionsSchema" | "timeout";

/** The settings of a `ToolLoopAgent`, and what the run needs beside them. */
export type AiSdkAgentSettings<
  Tools extends ToolSet = ToolSet,
  Output extends OutputInterface = never,
> = Omit<ToolLoopAgentSettings<never, Tools, Record<string, unknown>, Output>, Refused> &
  AiSdkRunSettings;

/** What a run needs beside the agent's own settings. */
export interface AiSdkRunSettings {
  /** Stored with each checkpoint: an agent of another name cannot go on from it. */
  readonly name: string;
  /** Whether the model is asked through `doStream` where somebody may watch the run; true when not given. */
  readonly streaming?: boolean;
  /** The last messages of the thread that the model sees; all of them when not given. */
  readonly historyLimit?: number;
  /** What a model call costs, for the run's stats. One that throws, or knows nothing, leaves the cost `null`. */
  readonly price?: Price;
  /** Whether a turn that waits for several people goes on with the first decision, or with all; `all` when not given. */
  readonly resumeWhen?: "all" | "any";
}

const WHY: Readonly<Record<Refused, string>> = {
  ...reasons(
    [
      "onStart",
      "experimental_onStart",
      "onStepStart",
      "experimental_onStepStart",
      "onLanguageModelCallStart",
      "experimental_onLanguageModelCallStart",
      "onLanguageModelCallEnd",
      "experimental_onLanguageModelCallEnd",
      "onToolExecutionStart",
      "experimental_onToolCallStart",
      "onToolExecutionEnd",
      "experimental_onToolCallFinish",
      "onStepEnd",
      "onStepFinish",
      "onStepError",
      "onEnd",
      "onFinish",
      "onError",
      "onAbort",
    ],
    "it would be called in every pass of the function; the callbacks of createInngestAgent are called once",
  ),
  id: "the agent is called by its `name`",
  maxRetries: "a step is tried again as often as its function says",
  prepareCall: "a run has no call options",
  callOptionsSchema: "a run has no call options",
  timeout: "it would count the time that a run waits; give the functions a timeout",
};

/** Refuses settings that are missing, or that a run could not keep (`INVALID_ARGUMENT`). */
export function checkSettings(settings: object): void {
  checkGiven("aiSdkAgent", settings, { name: "text" });
  const { model } = settings as { readonly model?: unknown };
  if (model === undefined) throw new StorageError("INVALID_ARGUMENT", "aiSdkAgent needs model.");
  const refused = Object.keys(settings).find((key) => Object.hasOwn(WHY, key));
  if (refused === undefined) return;
  const why = WHY[refused as Refused];
  throw new StorageError("INVALID_ARGUMENT", `aiSdkAgent takes no ${refused}: ${why}.`);
}

function reasons<Name extends string>(
  names: readonly Name[],
  why: string,
): Readonly<Record<Name, string>> {
  return Object.fromEntries(names.map((name) => [name, why])) as Record<Name, string>;
}
