import type { Answer } from "@perdure/checkpoint-core";
import type { AgentContext } from "../agent.ts";
import { Thrown } from "../steps/failure.ts";
import { retryErrors } from "../steps/retryErrors.ts";
import type { AnswerExtra } from "./position.ts";
import type { Loop } from "./made.ts";

/**
 * A run that begins asks its `systemPrompt` function once, in a step of its own that is tried again as any other. The text is stored with the run's first answer, so every later execution
 * of the run, after a suspension, a takeover or a deploy, goes on with the same one.
 */
export async function withSystemText(loop: Loop, context: AgentContext): Promise<Loop> {
  const { systemPrompt } = loop;
  if (typeof systemPrompt !== "function") return loop;
  const text = await context.step({ id: "system-prompt" }, async () => made(systemPrompt, context));
  return { ...loop, systemPrompt: text, madeSystemText: text };
}

/** The first answer, with the text that a function made for the run. */
export function keepSystemText({ madeSystemText }: Loop, turn: number, answer: Answer): Answer {
  if (madeSystemText === undefined || turn !== 1) return answer;
  const kept = { system: madeSystemText } satisfies AnswerExtra;
  return { ...answer, extra: { ...answer.extra, ...kept } };
}

/** The text that the model is told first: the run's own, where a function made it. */
export async function systemText(
  { systemPrompt }: Loop,
  context: AgentContext,
  turn: number,
): Promise<string | undefined> {
  if (typeof systemPrompt !== "function") return systemPrompt;
  const { store, lease } = context;
  const first = turn === 1 ? undefined : (await store.runs.look(lease, { turn: 1 })).answer;
  const { system } = (first?.extra ?? {}) as AnswerExtra;
  // A run that began before its agent had a function, or under a version that kept no text.
  return system ?? made(systemPrompt, context);
}

async function made(
  systemPrompt: Extract<Loop["systemPrompt"], (...given: never[]) => unknown>,
  { threadId, runId }: AgentContext,
): Promise<string> {
  try {
    const text: unknown = await systemPrompt({ threadId, runId });
    if (typeof text === "string") return text;
    const { NonRetriableError } = retryErrors();
    throw new NonRetriableError("systemPrompt gave no text: it must be a string.", {
      cause: undefined,
    });
  } catch (error) {
    throw new Thrown("model", error);
  }
}
