import type { Run } from "@perdure/checkpoint-core";
import type { Budget, Budgets } from "../../src/index.ts";
import { callAbove, turnIn } from "./above.ts";
import type { Ledger } from "./ledger.ts";
import type { Script } from "./script.ts";

/** What each model call of the world uses, and each call of `look` beside it. */
export const USAGE = { input_tokens: 10, output_tokens: 1 } as const;
export const LOOK_USAGE = { input_tokens: 5, output_tokens: 0 } as const;
const TOKENS = 11;
const LOOK_TOKENS = 5;

interface Used {
  readonly calls: number;
  readonly tokens: number;
}

/** A model is about to be asked for a turn: what is stored of its run ahead of it, and of those below whose answers it has, must leave room for that. */
export function checkRoom(
  ledger: Ledger,
  script: Script,
  { runId, turn }: { readonly runId: string; readonly turn: number },
): void {
  const { maxLlmCalls = Number.POSITIVE_INFINITY, maxTokens = Number.POSITIVE_INFINITY } = budgetOf(
    ledger,
    script,
    runId,
  );
  const { calls, tokens } = usedBy(ledger, runId, turn);
  if (calls >= maxLlmCalls)
    ledger.problem(`the model of ${runId} is asked after ${calls} calls, of ${maxLlmCalls}`);
  if (tokens >= maxTokens)
    ledger.problem(`the model of ${runId} is asked after ${tokens} tokens, of ${maxTokens}`);
}

/** What a run may use: as the script says, or, below another, as it was handed down. */
function budgetOf({ runs }: Ledger, script: Script, runId: string): Budget {
  const own = script.runs.find((run) => run.runId === runId);
  if (own) return own.budget ?? {};
  const input = runs.get(runId)?.input as { readonly options?: Budgets } | undefined;
  return input?.options?.budget ?? {};
}

/** At least so much has been used ahead of a turn: answers that are stored, looks whose results are, and agents below whose answers are. */
function usedBy(ledger: Ledger, runId: string, before = Number.POSITIVE_INFINITY): Used {
  const answers = [...ledger.answers.keys()].filter(
    (name) => name.startsWith(`${runId} `) && Number(name.split(" ")[1]) < before,
  ).length;
  const looks = new Set(
    ledger.effects.flatMap((one) =>
      one.runId === runId &&
      one.tool === "look" &&
      turnIn(one.callId) < before &&
      hasResult(ledger, runId, one.callId)
        ? [one.callId]
        : [],
    ),
  ).size;
  const below = [...ledger.runs.values()]
    .filter((run) => isDoneFor(ledger, runId, run) && turnIn(callAbove(run)?.callId ?? "") < before)
    .map(({ id }) => usedBy(ledger, id));
  return {
    calls: answers + looks + below.reduce((sum, { calls }) => sum + calls, 0),
    tokens:
      answers * TOKENS + looks * LOOK_TOKENS + below.reduce((sum, one) => sum + one.tokens, 0),
  };
}

function isDoneFor(ledger: Ledger, runId: string, run: Run): boolean {
  const by = callAbove(run);
  return by?.runId === runId && run.status === "completed" && hasResult(ledger, runId, by.callId);
}

function hasResult({ landed }: Ledger, runId: string, callId: string): boolean {
  return [...landed.keys()].some(
    (key) => key.startsWith(`result/${runId}/`) && key.endsWith(`/${callId}`),
  );
}
