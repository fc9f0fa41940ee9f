import { RequestContext } from "@mastra/core/request-context";
import type { MastraModel, MastraTool, PreparedStep, StepArguments } from "./contract.ts";
import { modelInRun } from "./model.ts";
import type { MastraRun } from "./run.ts";
import type { RequireToolApproval } from "./settings.ts";
import { toolsInRun } from "./tools.ts";

/** Options of a call, of the agent's defaults and of what it was given. */
export interface CallOptions {
  readonly prepareStep?: (step: StepArguments) => PreparedStep | Promise<PreparedStep>;
  readonly requireToolApproval?: RequireToolApproval;
  readonly maxSteps?: number;
  readonly stopWhen?: StopCondition | readonly StopCondition[];
  readonly structuredOutput?: unknown;
}

type StopCondition = (stop: { readonly steps: readonly unknown[] }) => unknown;

/** Mastra's own limit, where nothing else is said. */
const MAX_STEPS = 5;

/** What one run is called with. */
export function optionsInRun(
  run: MastraRun,
  given: CallOptions,
  requestContext: RequestContext,
): object {
  const { instructions, toolChoice, toolCallConcurrency, clientTools, budget, ...asked } =
    run.context.options;
  const { requireToolApproval: _, stopWhen, ...rest } = given;
  const activeTools = asked.tools && [...asked.tools, ...Object.keys(clientTools ?? {})];
  const maxSteps = asked.maxSteps ?? given.maxSteps;
  return {
    ...rest,
    requestContext,
    disableBackgroundTasks: true,
    stopWhen: [...stopsIn(run, stopWhen, maxSteps), ...upTo(budget?.maxSteps)],
    prepareStep: prepareIn(run, given),
    ...definedIn({
      maxSteps,
      instructions,
      toolChoice,
      activeTools,
      toolCallConcurrency,
      clientTools: clientTools && asMastraTools(clientTools),
    }),
  };
}

/** Ahead of each model call: the model and all tools are the run's, whatever else prepares them. */
function prepareIn(
  run: MastraRun,
  { prepareStep, requireToolApproval }: CallOptions,
): (step: StepArguments) => Promise<object> {
  const { modelSettings: asked } = run.context.options;
  return async (step) => {
    const prepared = (await prepareStep?.(step)) ?? {};
    const { model, tools = {}, modelSettings } = { ...step, ...definedIn(prepared) };
    return {
      ...prepared,
      model: modelInRun(run, asModel(model, step.model)),
      tools: toolsInRun(run, tools, requireToolApproval),
      modelSettings: { ...modelSettings, ...asked, maxRetries: 0 },
    };
  };
}

function upTo(maxSteps: number | undefined): readonly StopCondition[] {
  return maxSteps === undefined ? [] : [({ steps }): boolean => steps.length >= maxSteps];
}

/** The loop goes no further than a turn that waits. */
function stopsIn(
  run: MastraRun,
  given: CallOptions["stopWhen"] = [],
  maxSteps: number | undefined,
): readonly StopCondition[] {
  const own = typeof given === "function" ? [given] : given;
  const limit: readonly StopCondition[] =
    own.length === 0 && maxSteps === undefined ? upTo(MAX_STEPS) : [];
  return [...own, ...limit, (): boolean => run.waiting.length > 0];
}

function definedIn<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** A step may be given another model, which has to be one: a name alone cannot be asked through the run. */
function asModel(model: unknown, present: MastraModel): MastraModel {
  if (model === present) return present;
  if (typeof model === "object" && model !== null && "doGenerate" in model)
    return model as MastraModel;
  throw new Error("A model that prepareStep gives must be a model, and not a name.");
}

function asMastraTools(
  tools: Readonly<
    Record<string, { readonly description: string; readonly parameters: Readonly<object> }>
  >,
): Readonly<Record<string, MastraTool & { readonly id: string }>> {
  return Object.fromEntries(
    Object.entries(tools).map(([id, { description, parameters }]) => [
      id,
      { id, description, inputSchema: parameters },
    ]),
  );
}

/** What was handed along with a run, as Mastra's tools read it. */
export function requestContextOf(given: unknown): RequestContext {
  if (given instanceof RequestContext) return given;
  const isRecord = typeof given === "object" && given !== null;
  return new RequestContext(isRecord ? Object.entries(given) : []);
}
