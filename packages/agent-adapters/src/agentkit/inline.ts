import { StorageError } from "@perdure/checkpoint-core";
import { stepsLike } from "./probe.ts";
import { type Question, respond } from "./ask.ts";

type Work = (...given: readonly unknown[]) => unknown;

/** Steps for work that is inside of one already: what it does in `run`, and what a model is asked, is part of that step; others are refused, by the name of who wants one. */
export function inlineSteps(who: string): object {
  const refused = async (): Promise<never> => {
    throw new StorageError(
      "INVALID_ARGUMENT",
      `${who} runs inside of a step, where no event is sent and nobody is waited for.`,
    );
  };
  return stepsLike(refused, { run, ai: { infer, wrap: run } });
}

const run = async (_id: unknown, work: Work, ...given: readonly unknown[]): Promise<unknown> =>
  work(...given);

const infer = async (_id: unknown, question: Question): Promise<unknown> =>
  respond(question, new AbortController().signal);
