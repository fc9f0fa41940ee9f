import { callPart, type HeldStep, textPart } from "@perdure/inngest-bridge/agent";
import { type LanguageModel, type LanguageModelMiddleware, wrapLanguageModel } from "ai";
import { answerOf, generatedOf } from "./answer.ts";
import { collect, type Listener } from "./collect.ts";
import { providerFailure } from "./failure.ts";
import { type Generated, type Model, modelOf } from "./provider.ts";
import type { AiRun } from "./run.ts";

type Wrapped = ReturnType<typeof wrapLanguageModel>;

const wrapped = new WeakSet<object>();

/** The model as one run has it: each call is the run's next turn, and gives what is stored of it. */
export function modelInRun(run: AiRun, given: LanguageModel): Wrapped | Model {
  const asked = modelOf(given);
  if (wrapped.has(asked)) return asked;
  const wrapGenerate: WrapGenerate = async ({ model, params }) => {
    const turn = run.nextTurn();
    const answer = await run.ledger.answer(turn, async (held) =>
      answerOf(await said(run, turn, held, { model, params }), model.modelId, run.until),
    );
    return generatedOf(answer);
  };
  const middleware = { specificationVersion: "v4", wrapGenerate };
  const made = wrapLanguageModel({ model: asked, middleware });
  wrapped.add(made);
  return made;
}

type WrapGenerate = NonNullable<LanguageModelMiddleware["wrapGenerate"]>;

/** Asks the model: piece by piece where somebody may listen. */
async function said(
  { context: { runId }, streaming }: AiRun,
  turn: number,
  { stream, signal }: HeldStep,
  { model, params }: Pick<Parameters<WrapGenerate>[0], "model" | "params">,
): Promise<Generated> {
  const place = { runId, turn };
  const listener: Listener = {
    text: (delta) => stream.delta(textPart(place), delta),
    toolCall: (call, delta) => stream.delta(callPart(place, call), delta),
  };
  const { abortSignal = signal } = params;
  const options = { ...params, abortSignal: AbortSignal.any([abortSignal, signal]) };
  try {
    return streaming && stream.isOn
      ? await collect(await model.doStream(options), listener)
      : await model.doGenerate(options);
  } catch (error) {
    throw providerFailure(error);
  }
}
