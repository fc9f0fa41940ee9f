import type {
  Model,
  ModelProvider,
  ModelRequest,
  ToolInputParameters,
  ToolOptions,
  ToolOutputSchema,
} from "@openai/agents";
import { checkGiven, digestOf } from "@perdure/checkpoint-core";
import {
  currentStep,
  durableTool as ambientTool,
  durably,
  idempotencyKey,
} from "@perdure/inngest-bridge/agent";
import { insideCall } from "../run/currentCall.ts";
import { responseOf, type StoredResponse, storedResponse } from "./answer.ts";
import { contentOf, innerResponse, noteDurableTool } from "./inner.ts";
import { eventsOf } from "./replayed.ts";
import { currentAttempt, currentRun, type OpenAIRun } from "./run.ts";
import { wholeAnswer } from "./streamed.ts";

type Execute = (...given: unknown[]) => unknown;

/**
 * What a tool is made of (`tool(durableTool({ name, parameters, execute }))`), with its work as a step: of the run, where an `openAIAgent` works on one, and of the Inngest function that an
 * unmodified `run(agent, …)` is in otherwise. So what it throws is tried again before the SDK makes a text of it for the model. The type stays the tool's own: what `execute` takes comes from `parameters`.
 */
export function durableTool<
  TParameters extends ToolInputParameters = undefined,
  Context = unknown,
  TOutputSchema extends ToolOutputSchema | undefined = undefined,
>(
  options: ToolOptions<TParameters, Context, TOutputSchema>,
): ToolOptions<TParameters, Context, TOutputSchema> {
  checkGiven("durableTool", options, { execute: "function" });
  const given = options.execute as Execute;
  const { name = given.name } = options;
  noteDurableTool(name);
  const ambient = ambientTool({ execute: given }, { name });
  const execute: Execute = async (...args) => {
    const attempt = currentAttempt();
    if (attempt)
      try {
        return await given.apply(options, args);
      } catch (error) {
        attempt.thrown = { error };
        throw error;
      }
    const run = currentRun();
    return run
      ? innerCall(run, name, async () => given.apply(options, args), args)
      : ambient.execute(...args);
  };
  return { ...options, execute };
}

/** A call of an agent inside of a call: stored under the turn of the run's own call. */
async function innerCall(
  run: OpenAIRun,
  name: string,
  work: () => Promise<unknown>,
  [input, , details]: readonly unknown[],
): Promise<unknown> {
  const { toolCall } = (details ?? {}) as { readonly toolCall?: { readonly callId?: string } };
  const content = digestOf([name, toolCall?.callId ?? null, input ?? null]).slice(0, 32);
  const id = `~${content}:${run.ordinal(content)}`;
  const { turn, context } = run;
  const { store, lease, threadId, runId, requestContext } = context;
  return run.ledger.inner(turn, { id, name }, async ({ signal }) => {
    const key = idempotencyKey(store, lease, turn, id);
    const call = {
      idempotencyKey: key,
      callId: toolCall?.callId ?? id,
      threadId,
      runId,
      signal,
      store,
      requestContext,
    };
    return (await insideCall({ ...call, stream: () => undefined }, work)) ?? null;
  });
}

/** How a model's calls become steps. */
export interface DurableModelOptions {
  /** What the steps' names begin with; `model` when not given. */
  readonly name?: string;
}

/**
 * The model, with each of its calls a step of the Inngest function that an unmodified `run(agent, …)` is in, named by what it asks: instructions, input, tools, settings. A streamed call is kept whole,
 * and is heard when the step is done. A model does not say which one it is: two that are asked the same at the same time need a `name` each.
 */
export function durableModel(model: Model, options: DurableModelOptions = {}): Model {
  checkGiven("durableModel", { model }, { model: "object" });
  return modelInSteps(model, options, undefined);
}

function modelInSteps(
  model: Model,
  { name = "model" }: DurableModelOptions,
  known: string | undefined,
): Model {
  const stored = async (request: ModelRequest, streamed: boolean): Promise<StoredResponse> => {
    const run = currentStep() ? undefined : currentRun();
    if (run)
      return innerResponse({ run, model, name: known, known: known ?? name, request, streamed });
    const step = { name: `${name}:${contentOf(request, known)}`, shown: "think" };
    return durably<StoredResponse>(step, async () => {
      const asked = streamed ? wholeAnswer(model, request) : model.getResponse(request);
      return storedResponse(await asked, known);
    });
  };
  return {
    getResponse: async (request) => responseOf(await stored(request, false)),
    async *getStreamedResponse(request) {
      yield* eventsOf(await stored(request, true));
    },
  };
}

/** The provider, with `durableModel` for each of its models: `new Runner({ modelProvider: durableModels(provider) })`. */
export function durableModels(
  provider: ModelProvider,
  options: DurableModelOptions = {},
): ModelProvider {
  checkGiven("durableModels", { provider }, { provider: "object" });
  return {
    async getModel(name) {
      return modelInSteps(await provider.getModel(name), options, name);
    },
  };
}
