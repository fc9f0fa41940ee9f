import { type Answer, digestOf, type ToolCall } from "@perdure/checkpoint-core";
import { NonRetriableError } from "inngest";
import { Thrown } from "../steps/failure.ts";
import { plus, type Tally } from "../stats/tally.ts";
import { isAskedAs } from "../subagents/names.ts";
import type { AgentLoopOptions, AgentTool, ModelResponse } from "./contract.ts";
import { countAnswer } from "./count.ts";
import { judged } from "./judging.ts";

type Tools = Readonly<Record<string, AgentTool>>;

/**
 * What a model said, as it is stored: every call has a name and an id of its own, and whether a person must agree is decided now and once. What is not shaped as
 * an answer is refused and not asked for again: stored, it would break every later reading of the run.
 */
export async function answerOf(
  agent: Pick<AgentLoopOptions, "name" | "price"> & { readonly tools: Tools },
  response: ModelResponse,
  before: Tally,
): Promise<Answer> {
  const { text, toolCalls = [], usage, model } = shaped(response);
  const calls = withOwnIds(toolCalls);
  const { asks, unjudged } = await judged(agent.tools, calls);
  const message = { role: "assistant", content: text } as const;
  return {
    message: calls.length === 0 ? message : { ...message, toolCalls: calls },
    extra: {
      ...(asks.length === 0 ? {} : { asks }),
      ...(Object.keys(unjudged).length === 0 ? {} : { unjudged }),
      ...(usage === undefined ? {} : { usage }),
      ...(model === undefined ? {} : { model }),
      tally: plus(before, await countAnswer(agent, response, calls.length)),
    },
  };
}

function shaped(response: unknown): ModelResponse {
  if (typeof response !== "object" || response === null)
    throw misshapen("no answer: it must be an object with a text");
  const { text, toolCalls, reasoningSteps } = response as Readonly<Record<string, unknown>>;
  if (typeof text !== "string") throw misshapen("no text: it must be a string");
  if (toolCalls !== undefined && !Array.isArray(toolCalls))
    throw misshapen("toolCalls that are not a list");
  if (toolCalls?.some((call) => !isNamed(call)) === true)
    throw misshapen("a tool call without a name");
  if (reasoningSteps !== undefined && !isCount(reasoningSteps))
    throw misshapen("reasoningSteps that are no number of steps");
  return response as ModelResponse;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isNamed(call: unknown): boolean {
  if (typeof call !== "object" || call === null || !("name" in call)) return false;
  return typeof call.name === "string" && call.name !== "";
}

function misshapen(what: string): Thrown {
  return new Thrown("model", new NonRetriableError(`The model function gave ${what}.`));
}

// A store takes ids of 4,096 units; providers' own have less than a hundred.
const MAX_ID_UNITS = 1024;

/** Some providers give no ids, or the same one twice in a turn. One that is too long to be stored, or that is written as the loop writes what it asks about itself or for an agent below, goes by its digest. */
function withOwnIds(calls: NonNullable<ModelResponse["toolCalls"]>): readonly ToolCall[] {
  const taken = new Set<string>();
  return calls.map(({ id, name, input }, index) => {
    const given = givenId(id);
    let own = given === "" ? `#${index}` : given;
    for (let next = index; taken.has(own); next += 1) own = `${given}#${next}`;
    taken.add(own);
    return { id: own, name, input };
  });
}

function givenId(id: unknown): string {
  if (typeof id !== "string") return "";
  const isOwn = id.length <= MAX_ID_UNITS && !id.startsWith("~") && !isAskedAs(id);
  return isOwn ? id : `~${digestOf(id).slice(0, 32)}`;
}
