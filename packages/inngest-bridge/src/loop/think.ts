import { type Answer, LeaseLostError } from "@perdure/checkpoint-core";
import type { AgentContext, HeldStep } from "../agent.ts";
import { type Excerpt, excerptOf } from "../steps/excerpt.ts";
import { Thrown } from "../steps/failure.ts";
import { answerOf } from "./answer.ts";
import type { RunStats } from "../stats/contract.ts";
import { statsOf } from "../stats/tally.ts";
import type {
  AgentLoopOptions,
  LoopOutput,
  ModelRequest,
  ModelResponse,
  ToolDefinition,
} from "./contract.ts";
import { tallyAt } from "./count.ts";
import { idempotencyKey } from "./key.ts";
import { callsOf, type OpenCall } from "./position.ts";
import { conversation } from "./prompt.ts";
import { modelStream, tellAnswer } from "./telling.ts";
import { shownSchema } from "./schema.ts";

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
  Required<Pick<AgentLoopOptions, "tools" | "maxIterations" | "resumeWhen">>;

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
  { signal, stream }: HeldStep,
): Promise<Answer> {
  const { store, lease, threadId, runId } = context;
  const open = turn === 1 ? undefined : await store.runs.turn(lease, turn - 1);
  const { context: ahead = [] } = context.options;
  const told = await conversation(store, threadId, open, loop.historyLimit);
  const messages = [...ahead, ...told];
  const tools = Object.entries(loop.tools).map(definition);
  const key = idempotencyKey(store, lease, turn);
  let response: ModelResponse;
  try {
    const system = await systemOf(loop, { threadId, runId });
    const said = system === undefined ? {} : { system };
    const request = { messages, tools, signal, threadId, runId, turn, idempotencyKey: key };
    const asked = askedOf(context.options);
    response = await loop.model({
      ...said,
      ...request,
      ...asked,
      ...modelStream(stream, { runId, turn }),
    });
  } catch (error) {
    throw new Thrown("model", error);
  }
  return answerOf(loop, response, tallyAt(open?.answer));
}

async function systemOf(
  { systemPrompt }: Loop,
  at: { readonly threadId: string; readonly runId: string },
): Promise<string | undefined> {
  return typeof systemPrompt === "function" ? systemPrompt(at) : systemPrompt;
}

/** What the run's caller asks of the model. */
function askedOf({
  modelSettings,
  toolChoice,
}: AgentContext["options"]): Pick<ModelRequest, "settings" | "toolChoice"> {
  return {
    ...(modelSettings === undefined ? {} : { settings: modelSettings }),
    ...(toolChoice === undefined ? {} : { toolChoice }),
  };
}

function definition([name, tool]: readonly [string, Loop["tools"][string]]): ToolDefinition {
  return { name, description: tool.description, parameters: shownSchema(tool.parameters) };
}
