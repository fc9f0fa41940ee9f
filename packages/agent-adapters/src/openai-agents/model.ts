import type { Model, ModelProvider, ModelRequest, ModelResponse } from "@openai/agents";
import { type HeldStep, shownPrompt } from "@perdure/inngest-bridge/agent";
import { readersOf } from "../run/heard.ts";
import { answerOf, responseOf, storedIn, type StoredResponse, storedResponse } from "./answer.ts";
import { type AskedModel, innerResponse } from "./inner.ts";
import { eventsOf } from "./replayed.ts";
import type { OpenAIRun } from "./run.ts";
import { collect } from "./streamed.ts";

/** The provider's models as one run has them. */
export function providerInRun(run: OpenAIRun, provider: ModelProvider): ModelProvider {
  return {
    async getModel(name) {
      return modelInRun(run, await provider.getModel(name), name);
    },
  };
}

/** The model as one run has it: a call of the run's own is its next turn, one of an agent inside of a call is named by what it asks; each gives what is stored of it. */
export function modelInRun(run: OpenAIRun, model: Model, name?: string): Model {
  const { supportsPromptModelSelection } = model;
  const stored = async (request: ModelRequest, streamed: boolean): Promise<StoredResponse> => {
    const turn = run.takeTurn();
    const asked = { run, model, name, request, streamed };
    return turn === undefined ? innerResponse(asked) : ownCall(asked, turn);
  };
  return {
    ...(supportsPromptModelSelection === undefined ? {} : { supportsPromptModelSelection }),
    getResponse: async (request) => responseOf(await stored(request, false)),
    // What is said in a step is heard through the run's stream; here it is heard when it is stored.
    async *getStreamedResponse(request) {
      yield* eventsOf(await stored(request, true));
    },
  };
}

async function ownCall(
  { run, model, name, request }: AskedModel,
  turn: number,
): Promise<StoredResponse> {
  const handoffs = new Set(request.handoffs.map(({ toolName }) => toolName));
  const answer = await run.ledger.answer(turn, async (held) => {
    const response = await said(run, turn, held, model, request);
    return answerOf(storedResponse(response, name), handoffs, run.until);
  });
  run.calls = answer.message.toolCalls ?? [];
  const stored = storedIn(answer);
  run.count(stored);
  return stored;
}

/** What the step of a model's call shows. */
function shownRequest(
  turn: number,
  { systemInstructions: system, input: messages, tools, handoffs }: ModelRequest,
): Readonly<Record<string, unknown>> {
  const names = [...tools.map(({ name }) => name), ...handoffs.map(({ toolName }) => toolName)];
  return shownPrompt({ turn, system, messages, tools: names });
}

/** Asks the model: piece by piece where somebody may listen. */
async function said(
  { context: { runId }, streaming }: OpenAIRun,
  turn: number,
  held: HeldStep,
  model: Model,
  request: ModelRequest,
): Promise<ModelResponse> {
  const { stream, signal } = held;
  held.show(() => shownRequest(turn, request));
  const given = request.signal ? AbortSignal.any([request.signal, signal]) : signal;
  const options = { ...request, signal: given };
  if (!streaming || !stream.isOn) return model.getResponse(options);
  return collect(model.getStreamedResponse(options), readersOf(held, { runId, turn }));
}
