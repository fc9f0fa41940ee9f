import { digestOf, type Store, StorageError } from "@perdure/checkpoint-core";
import type { DurableAgent } from "../agent.ts";
import { limitsOf } from "../continuing.ts";
import { definedOnly } from "../inngest/asked.ts";
import { refuseOptions } from "../askedOf.ts";
import { executionHere, failing, hostAt } from "../called.ts";
import type { RunReport } from "../report.ts";
import { runOptionsIn } from "../runOptions.ts";
import type { Ask } from "../take.ts";
import { work } from "../work.ts";
import type { LoopCall, LoopResult, LoopStep } from "./contract.ts";
import { outputOf } from "./reply.ts";

/** What a call of a loop is made with. */
export interface Calling {
  readonly agent: DurableAgent;
  readonly store: Store | undefined;
  readonly singleton: "skip" | "cancel";
}

/** Runs the loop in the function whose `step` this is. The same event, thread and message are the same run, in every pass and in a rerun. */
export async function callLoop(
  { agent, store: own, singleton }: Calling,
  step: LoopStep,
  { threadId, message, store = own, runId: named, logger, continueAt, ...asked }: LoopCall,
): Promise<LoopResult> {
  if (!store)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `The loop "${agent.name}" was called without a store.`,
    );
  const options = runOptionsIn(asked);
  if (options) refuseOptions(agent, options);
  const execution = await executionHere();
  const event = execution.event.id ?? execution.execution;
  const runId = named ?? `run-${digestOf([event, agent.name, threadId, message]).slice(0, 40)}`;
  const host = hostAt(store, step, execution, { runId, limits: limitsOf(continueAt) });
  const ask: Ask = {
    verb: "begin",
    threadId,
    runId,
    event,
    whenBusy: singleton === "skip" ? "reject" : "cancel",
    input: { agent: agent.name, ...definedOnly({ prompt: message, options }) },
    ...(message === undefined
      ? {}
      : { message: { id: runId, value: { role: "user", content: message } } }),
  };
  const report = await failing(host, ask, async () => work(host, agent, ask));
  const result = await resultOf(store, report);
  logger?.info(`Run ${runId} of "${agent.name}" on the thread ${threadId}: ${result.status}`);
  return result;
}

/** The output as it is stored, also where an earlier execution ended the run; otherwise what became of it. */
async function resultOf(store: Store, report: RunReport): Promise<LoopResult> {
  if (report.status === "completed" || report.status === "ended" || report.status === "lost") {
    const output = outputOf(await store.runs.get(report.runId));
    if (output) return { ...output, runId: report.runId, threadId: report.threadId };
  }
  if (report.status !== "completed") return report;
  throw new StorageError("DELETED", "The thread was deleted when its run had ended.");
}
