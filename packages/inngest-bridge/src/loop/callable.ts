import { checkGiven, digestOf, type Store, StorageError } from "@perdure/checkpoint-core";
import type { DurableAgent } from "../agent.ts";
import { answerIn, wholeOutput } from "../answers.ts";
import { limitsOf } from "../continuing.ts";
import { definedOnly } from "../inngest/asked.ts";
import { runProblem } from "../inngest/problems.ts";
import { refuseOptions } from "../askedOf.ts";
import { executionHere, failing, hostAt } from "../called.ts";
import type { Host } from "../host.ts";
import type { RunReport } from "../report.ts";
import { runOptionsIn } from "../runOptions.ts";
import type { Ask } from "../take.ts";
import { work } from "../work.ts";
import type { LoopCall, LoopOutput, LoopResult, LoopStep } from "./contract.ts";

/** What a call of a loop is made with. */
export interface Calling {
  readonly agent: DurableAgent;
  readonly store: Store | undefined;
  readonly singleton: "skip" | "cancel";
}

const OPTIONS: ReadonlySet<string> = new Set<keyof LoopCall>([
  "threadId",
  "message",
  "store",
  "runId",
  "continueAt",
  "logger",
  "budget",
  "toolBudget",
]);

/** Runs the loop in the function whose `step` this is. The same event, thread and message are the same run, in every pass and in a rerun. */
export async function callLoop(
  { agent, store: own, singleton }: Calling,
  step: LoopStep,
  call: LoopCall,
): Promise<LoopResult> {
  checkGiven(`The loop "${agent.name}"`, { step, call }, { step: "object", call: "object" });
  checkGiven(`The loop "${agent.name}"`, call, {}, OPTIONS);
  const { threadId, message, store = own, runId: named, logger, continueAt, ...asked } = call;
  if (!store)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `The loop "${agent.name}" was called without a store.`,
    );
  const problem = runProblem(definedOnly({ threadId, runId: named, prompt: message }));
  if (problem !== undefined) throw new StorageError("INVALID_ARGUMENT", problem);
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
  const result = await resultOf(host, report);
  logger?.info(`Run ${runId} of "${agent.name}" on the thread ${threadId}: ${result.status}`);
  return result;
}

/** The output as it is stored, also where an earlier execution ended the run; otherwise what became of it. The same in every pass. */
async function resultOf(host: Host, report: RunReport): Promise<LoopResult> {
  const { runId, threadId } = report;
  const given = (output: unknown): LoopResult => ({ ...(output as LoopOutput), runId, threadId });
  if (report.status === "completed") return given(await wholeOutput(host.store, report));
  if (report.status !== "ended" && report.status !== "lost") return report;
  const answer = await answerIn(host, report, () => undefined);
  return "output" in answer ? given(answer.output) : report;
}
