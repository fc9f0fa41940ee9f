import { digestOf, type Store, StorageError } from "@perdure/checkpoint-core";
import type { Inngest } from "inngest";
import type { DurableAgent } from "../agent.ts";
import { limitsOf } from "../continuing.ts";
import { crossedStep } from "../crossed.ts";
import type { Host } from "../host.ts";
import { definedOnly } from "../inngest/asked.ts";
import { backOffMs, wakeNext } from "../inngest/bridge.ts";
import { resumeRequested } from "../inngest/events.ts";
import { refuseBudgets } from "../budget/check.ts";
import type { RunReport } from "../report.ts";
import { runOptionsIn } from "../runOptions.ts";
import { describe, StepFailure } from "../steps/failure.ts";
import { type Limits, Meter, metered, Usage } from "../steps/meter.ts";
import { inngestIn, toolsIn } from "../steps/space.ts";
import { storePublisher } from "../streams/publisher.ts";
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

/** How long a holder may be silent: as `createInngestAgent` has it. */
const SILENCE_MS = 120_000;

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
  if (options) refuseBudgets(agent, options);
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

/** A run whose steps are used up is recorded as failed: the function is the user's, and nobody else would. */
async function failing(
  host: Host,
  { threadId, runId }: Ask,
  run: () => Promise<RunReport>,
): Promise<RunReport> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    const { store, execution } = host;
    await crossedStep(host, { id: "failed" }, async () => {
      const outcome = { status: "failed", error: describe(error) } as const;
      const settled = await store.runs.notice(threadId, { runId, execution, outcome });
      if (settled?.next) await host.wake({ threadId, life: settled.run.life, ...settled.next });
      return { counted: settled !== undefined };
    });
    throw error;
  }
}

interface Execution {
  readonly execution: string;
  readonly event: { readonly id?: string };
  readonly attempt: number;
  readonly maxAttempts: number | undefined;
  readonly inngest: Inngest.Any;
}

/** The execution that the caller runs in. Throws `INVALID_ARGUMENT` outside of an Inngest function. */
async function executionHere(): Promise<Execution> {
  const { getAsyncCtx } = await import("inngest/experimental");
  const here = await getAsyncCtx();
  const context = here?.execution?.ctx;
  if (!here || !context)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "A loop is called in an Inngest function; elsewhere there is runLocally.",
    );
  const { runId, attempt, maxAttempts, event } = context;
  return {
    execution: runId,
    event,
    attempt,
    maxAttempts,
    inngest: here.app as Inngest.Any,
  };
}

/** What the loops of one pass through a function have used together. */
const usages = new WeakMap<LoopStep, Usage>();

function hostAt(
  store: Store,
  step: LoopStep,
  { execution, attempt, maxAttempts, inngest, event }: Execution,
  { runId, limits }: { readonly runId: string; readonly limits: Limits },
): Host {
  // Several loops in one function have a space of steps each.
  const space = `${digestOf(runId).slice(0, 8)}:`;
  const usage = usages.get(step) ?? new Usage(event);
  usages.set(step, usage);
  return {
    store,
    ...metered(usage, { ...toolsIn(space, step), ...inngestIn(space, step) }),
    meter: new Meter(usage, limits),
    waiting: undefined,
    execution,
    attempt,
    maxAttempts,
    silenceMs: SILENCE_MS,
    backOffMs,
    // Its own run is gone on with by the caller, who is told so.
    async wake(next) {
      if (next.runId !== runId)
        await wakeNext({ inngest, resumeEvent: resumeRequested.name }, store, next, {});
    },
    publisher: storePublisher(),
    requestContext: () => undefined,
    callbacks: undefined,
  };
}
