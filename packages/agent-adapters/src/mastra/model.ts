import type { HeldStep } from "@perdure/inngest-bridge/agent";
import { answerOf, generatedOf } from "../ai-sdk/answer.ts";
import { collect } from "../ai-sdk/collect.ts";
import { shownCall } from "../ai-sdk/shown.ts";
import { providerFailure } from "../ai-sdk/failure.ts";
import type { Content, Generated, Streamed } from "../ai-sdk/provider.ts";
import { readersOf } from "../run/heard.ts";
import type { MastraModel, ModelCall } from "./contract.ts";
import type { MastraRun } from "./run.ts";

/** The model as one run has it: each call is the run's next turn, and gives what is stored of it. */
export function modelInRun(run: MastraRun, model: MastraModel): MastraModel {
  const { specificationVersion, provider, modelId, supportedUrls = {} } = model;
  return {
    specificationVersion,
    provider,
    modelId,
    supportedUrls,
    async doGenerate(params) {
      const turn = run.nextTurn();
      const answer = await run.ledger.answer(turn, async (held) => {
        const generated = await said(run, turn, held, model, params);
        return answerOf(withNewIds(generated, params), modelId, run.until);
      });
      run.answers.push(answer);
      return generatedOf(answer);
    },
    doStream() {
      throw new Error("A run asks its model through doGenerate.");
    },
  };
}

/** Asks the model: piece by piece where somebody may listen. */
async function said(
  { context: { runId }, streaming }: MastraRun,
  turn: number,
  held: HeldStep,
  model: MastraModel,
  params: ModelCall,
): Promise<Generated> {
  const { stream, signal } = held;
  held.show(() => shownCall(turn, params));
  const listener = readersOf(held, { runId, turn });
  const { abortSignal = signal } = params;
  const options = { ...params, abortSignal: AbortSignal.any([abortSignal, signal]) };
  try {
    const isHeard = streaming && stream.isOn;
    const given = await (isHeard ? model.doStream(options) : model.doGenerate(options));
    return isWhole(given) ? given : await collect(given as Streamed, listener);
  } catch (error) {
    throw providerFailure(error);
  }
}

function isWhole(given: unknown): given is Generated {
  return typeof given === "object" && given !== null && "content" in given;
}

/** Mastra takes two calls of one id for the same, also where they are turns apart: a call that goes by one that is taken gets another. */
function withNewIds(generated: Generated, { prompt }: ModelCall): Generated {
  const taken = new Set(prompt.flatMap(({ content }) => callIds(content)));
  const content = generated.content.map((part): Content => {
    if (part.type !== "tool-call" || part.providerExecuted === true) return part;
    let { toolCallId } = part;
    for (let next = 2; taken.has(toolCallId); next += 1) toolCallId = `${part.toolCallId}#${next}`;
    return toolCallId === part.toolCallId ? part : { ...part, toolCallId };
  });
  return { ...generated, content };
}

function callIds(content: unknown): readonly string[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap(({ type, toolCallId }: { type?: unknown; toolCallId?: string }) =>
    type === "tool-call" && toolCallId !== undefined ? [toolCallId] : [],
  );
}
