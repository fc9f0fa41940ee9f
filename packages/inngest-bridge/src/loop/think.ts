import { type Answer, LeaseLostError } from "@perdure/checkpoint-core";
import type { AgentContext, HeldStep } from "../agent.ts";
import { type Excerpt, excerptOf } from "../steps/excerpt.ts";
import { Thrown } from "../steps/failure.ts";
import { answerOf } from "./answer.ts";
import type { RunStats } from "../stats/contract.ts";
import { statsOf } from "../stats/tally.ts";
import type { AgentLoopOptions, LoopOutput, ModelResponse } from "./contract.ts";
import { tallyAt } from "./count.ts";
import { callsOf, type OpenCall } from "./position.ts";
import { modelRequest } from "./request.ts";
import { keepSystemText } from "./systemPrompt.ts";
import { tallyWithBelow } from "../subagents/count.ts";
import { tellAnswer } from "./telling.ts";

/** What a model step leaves in the run: the calls by name, or the end of the run; never what was said at length. */
export type Thought =
  | { readonly turn: number; readonly calls: readonly OpenCall[] }
  | {
      readonly turn: number;
      readonly response: Excerpt;
      readonly limited: boolean;
      readonly stats: RunStats;
    };

/** The options of a loop, with nothing left open. */
export type Loop = AgentLoopOptions &
  Required<Pick<AgentLoopOptions, "tools" | "maxIterations" | "resumeWhen">> & {
    /** The text that a `systemPrompt` function made for this run, in this execution. */
    readonly madeSystemText?: string;
  };

/** The text that the calls of the last allowed turn get in place of a result. */
const NOT_RUN = "Not run: the agent has used up its model calls.";

/**
 * One turn of the model: asks it, stores the answer in one commit that closes the turn before, and settles the run with the last one. An answer that is stored
 * already is the answer, and the model is not asked.
 */
export async function think(loop: Loop, context: AgentContext, turn: number): Promise<Thought> {
  return context.step({ id: `think:${turn}`, name: "think" }, async (held) => {
    const stored = await storedAnswer(context, turn);
    const answer = stored ?? (await ask(loop, context, turn, held));
    const calls = callsOf(answer);
    const isLast = calls.length === 0 || turn >= loop.maxIterations;
    const committed = await held.commit({
      answer: { turn, value: answer },
      ...(isLast ? settling(loop, turn, answer) : {}),
    });
    const kept = (committed.status === "committed" ? committed.answer : undefined) ?? answer;
    tellAnswer(held.stream, context, turn, kept);
    return thoughtOf(loop, turn, kept);
  });
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

async function ask(
  loop: Loop,
  context: AgentContext,
  turn: number,
  held: HeldStep,
): Promise<Answer> {
  const { request, before } = await modelRequest(loop, context, turn, held);
  const tally = await tallyWithBelow(loop.tools, context, turn - 1, before);
  let response: ModelResponse;
  try {
    response = await loop.model(request);
  } catch (error) {
    throw new Thrown("model", error);
  }
  return keepSystemText(loop, turn, await answerOf(loop, response, tally));
}
