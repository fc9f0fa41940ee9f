import { type Answer, LeaseLostError } from "@perdure/checkpoint-core";
import type { AgentContext, HeldStep } from "../agent.ts";
import { type Excerpt, excerptOf } from "../steps/excerpt.ts";
import { Thrown } from "../steps/failure.ts";
import { answerOf } from "./answer.ts";
import type { RunStats } from "../stats/contract.ts";
import { statsOf } from "../stats/tally.ts";
import type { LoopOutput, ModelFunction, ModelRequest, ModelResponse } from "./contract.ts";
import type { BudgetExceeded } from "../budget/contract.ts";
import { exceededAt, type SpentTurn } from "../budget/spending.ts";
import { tellWarnings } from "../budget/warnings.ts";
import { askWithin as askWithinBudget } from "../budget/within.ts";
import { tallyAt } from "./count.ts";
import { modelFor } from "./offload.ts";
import { callsOf, type OpenCall } from "./position.ts";
import type { Loop } from "./made.ts";
import { modelRequest, shownRequest } from "./request.ts";
import { keepSystemText } from "./systemPrompt.ts";
import { spentTurn } from "./spentTurn.ts";
import { tellAnswer } from "./telling.ts";

/** What a model step leaves in the run: the calls by name, or the end of the run; never what was said at length. */
export type Thought =
  | {
      readonly turn: number;
      readonly calls: readonly OpenCall[];
      /** Used up by this answer: its calls are not to be run. */
      readonly exceeded?: BudgetExceeded;
    }
  /** Used up before: the model was not asked. */
  | { readonly exceeded: BudgetExceeded }
  | {
      readonly turn: number;
      readonly response: Excerpt;
      readonly limited: boolean;
      readonly stats: RunStats;
    };

/** The text that the calls of the last allowed turn get in place of a result. */
const NOT_RUN = "Not run: the agent has used up its model calls.";

/**
 * One turn of the model: asks it, stores the answer in one commit that closes the turn before, and settles the run with the last one. An answer that is stored
 * already is the answer, and the model is not asked.
 */
export async function think(loop: Loop, context: AgentContext, turn: number): Promise<Thought> {
  const model = await modelFor(loop, context, turn);
  return context.step({ id: `think:${turn}`, name: "think", shows: true }, async (held) => {
    const stored = await storedAnswer(context, turn);
    const asked: Asked = stored
      ? { answer: stored, before: undefined }
      : await askWithin({ ...loop, model }, context, turn, held);
    if ("exceeded" in asked) return asked;
    const { answer, before } = asked;
    const calls = callsOf(answer);
    const isLast = calls.length === 0 || turn >= loop.maxIterations;
    const committed = await held.commit({
      answer: { turn, value: answer },
      ...(isLast ? settling(loop, turn, answer) : {}),
    });
    const kept = (committed.status === "committed" ? committed.answer : undefined) ?? answer;
    tellAnswer(held.stream, context, turn, kept);
    const after: SpentTurn = { turn, answer: kept, results: [], tally: tallyAt(kept) };
    if (before) tellWarnings(held.stream, context, before, after);
    const thought = thoughtOf(loop, turn, kept);
    if ("response" in thought) return thought;
    const exceeded = exceededAt(context, after);
    return exceeded ? { ...thought, exceeded } : thought;
  });
}

/** An answer, with the turn before it where the model was asked now; or why it was not. */
type Asked =
  | { readonly answer: Answer; readonly before: SpentTurn | undefined }
  | { readonly exceeded: BudgetExceeded };

/** Asks the model where the budget leaves room for it, and no longer than that. */
async function askWithin(
  loop: Loop & { readonly model: ModelFunction },
  context: AgentContext,
  turn: number,
  held: HeldStep,
): Promise<Asked> {
  const { request, open } = await modelRequest(loop, context, turn, held);
  held.show(() => shownRequest(request));
  const before = await spentTurn(loop, context, turn - 1, open);
  const asked = await askWithinBudget(context, before, held.signal, async (signal) => {
    const response = await say(loop.model, { ...request, signal });
    return keepSystemText(loop, turn, await answerOf(loop, response, before.tally));
  });
  return "exceeded" in asked ? asked : { ...asked, before };
}

async function say(model: ModelFunction, request: ModelRequest): Promise<ModelResponse> {
  try {
    return await model(request);
  } catch (error) {
    throw new Thrown("model", error);
  }
}

/** The stored answer. It is committed once more even when the run is another's by now: where this step's first delivery stored it, that tells again what comes next. */
async function storedAnswer(
  { store, lease }: AgentContext,
  turn: number,
): Promise<Answer | undefined> {
  const { held, answer } = await store.runs.look(lease, { turn });
  if (answer || held) return answer;
  throw new LeaseLostError(`Run ${lease.runId} is not this execution's any more.`);
}

function settling(
  { name, maxIterations }: Loop,
  turn: number,
  answer: Answer,
): Pick<Parameters<HeldStep["commit"]>[0], "settle" | "unfinished"> {
  const { message } = answer;
  const calls = message.toolCalls ?? [];
  const status = calls.length === 0 ? "completed" : "maxIterations";
  const output: LoopOutput = {
    response: message.content,
    iterations: Math.min(turn, maxIterations),
    status,
    stats: statsOf(tallyAt(answer), name),
  };
  return {
    settle: { status: "completed", output },
    unfinished: Object.fromEntries(calls.map(({ id }) => [id, NOT_RUN])),
  };
}

function thoughtOf({ name, maxIterations }: Loop, turn: number, answer: Answer): Thought {
  const calls = callsOf(answer);
  if (calls.length > 0 && turn < maxIterations) return { turn, calls };
  return {
    turn,
    response: excerptOf(answer.message.content),
    limited: calls.length > 0,
    stats: statsOf(tallyAt(answer), name),
  };
}
