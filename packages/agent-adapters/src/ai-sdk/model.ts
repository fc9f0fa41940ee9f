import type { HeldStep } from "@perdure/inngest-bridge/agent";
import { type LanguageModel, type LanguageModelMiddleware, wrapLanguageModel } from "ai";
import { readersOf } from "../run/heard.ts";
import { answerOf, generatedOf } from "./answer.ts";
import { collect } from "./collect.ts";
import { shownCall } from "./shown.ts";
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
  held: HeldStep,
  { model, params }: Pick<Parameters<WrapGenerate>[0], "model" | "params">,
): Promise<Generated> {
  const { stream, signal } = held;
  held.show(() => shownCall(turn, params));
  const listener = readersOf(held, { runId, turn });
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
