import { type Approval, type Run, StorageError } from "@perdure/checkpoint-core";
import { questionedBy } from "../loop/question.ts";
import { RUN_OPTIONS } from "../runOptions.ts";
import { type startOptions, threadOf } from "./asked.ts";
import type { Bridge } from "./bridge.ts";
import type { EventDecision } from "./events.ts";
import { isOwn } from "./owning.ts";
import type { StreamOptions } from "./runCalls.ts";
import { scoped } from "./scope.ts";

/** The run of this agent that waits for a person on the thread, where its answer is what is said next. */
export async function suspendedOn(
  bridge: Bridge,
  options: StreamOptions,
  threadId: string,
): Promise<Run | undefined> {
  if (options.autoResumeSuspendedTools !== true || threadOf(options) === undefined)
    return undefined;
  const { runs } = scoped(bridge, options);
  // The same call again, whose run there is: it is heard.
  if (options.runId !== undefined && (await runs.get(options.runId))) return undefined;
  const run = await runs.holding(threadId);
  const waits = run?.status === "suspended" && run.approvals.length > 0;
  return waits && isOwn(bridge, run) ? run : undefined;
}

/** What is for a run of its own, and no word on one that waits. */
const FOR_RUN: readonly string[] = ["runId", "metadata", ...RUN_OPTIONS].filter(
  (name) => name !== "budget" && name !== "toolBudget",
);

/** Refuses, by its name, what the run that is answered would not get. */
export function refuseForRun(runId: string, options: StreamOptions): void {
  const given: Readonly<Record<string, unknown>> = { ...options };
  const names = FOR_RUN.filter((name) => given[name] !== undefined);
  if (names.length > 0)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `The message is the answer to what the run ${runId} waits for, and ${names.join(", ")} would be for a run of its own: leave that, or autoResumeSuspendedTools.`,
    );
}

/** The message as the answer to each call that waits. It is no word on what became of an effect: whoever says that has looked. */
export function answersTo(
  approvals: readonly Approval[],
  { prompt, messages }: ReturnType<typeof startOptions>,
): Readonly<Record<string, EventDecision>> {
  const value: unknown = prompt ?? messages?.at(-1)?.content;
  const pending = approvals.filter(
    ({ status, callId }) => status === "pending" && !questionedBy(callId),
  );
  return Object.fromEntries(pending.map(({ callId }) => [callId, { decision: "answer", value }]));
}
