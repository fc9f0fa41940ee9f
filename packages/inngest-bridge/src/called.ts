import { digestOf, StorageError, type Store } from "@perdure/checkpoint-core";
import type { Inngest } from "inngest";
import { crossedStep } from "./crossed.ts";
import type { Host } from "./host.ts";
import { sendAborted } from "./inngest/aborting.ts";
import { backOffMs, wakeNext } from "./inngest/bridge.ts";
import { resumeRequested } from "./inngest/events.ts";
import { cancelExecution } from "./inngest/executions.ts";
import type { LoopStep } from "./loop/contract.ts";
import type { RunReport } from "./report.ts";
import { describe, StepFailure } from "./steps/failure.ts";
import { inferIn } from "./steps/infer.ts";
import { type Limits, Meter, metered, Usage } from "./steps/meter.ts";
import { inngestIn, toolsIn } from "./steps/space.ts";
import { storePublisher } from "./streams/publisher.ts";
import type { Ask } from "./take.ts";

/** How long a holder may be silent: as `createInngestAgent` has it. */
const SILENCE_MS = 120_000;

/** A run whose steps are used up is recorded as failed: the function is the user's, and nobody else would. */
export async function failing(
  host: Host,
  { threadId, runId }: Pick<Ask, "threadId" | "runId">,
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

/** An execution of a function that is not ours. */
export interface Execution {
  readonly execution: string;
  readonly event: { readonly id?: string };
  readonly attempt: number;
  readonly maxAttempts: number | undefined;
  readonly inngest: Inngest.Any;
}

/** The execution that the caller runs in. Throws `INVALID_ARGUMENT` outside of an Inngest function. */
export async function executionHere(
  what = "A loop is called in an Inngest function; elsewhere there is runLocally.",
): Promise<Execution> {
  const { getAsyncCtx } = await import("inngest/experimental");
  const here = await getAsyncCtx();
  const context = here?.execution?.ctx;
  if (!here || !context) throw new StorageError("INVALID_ARGUMENT", what);
  const { runId, attempt, maxAttempts, event } = context;
  return {
    execution: runId,
    event,
    attempt,
    maxAttempts,
    inngest: here.app as Inngest.Any,
  };
}

/** A run in a function of the user's. */
export interface RunPlace {
  readonly runId: string;
  readonly limits: Limits;
  /** What the ids of its steps begin with. */
  readonly space?: string;
}

/** What the loops of one pass through a function have used together. */
const usages = new WeakMap<LoopStep, Usage>();

/** That execution as the place where a run is carried out. Several runs in one function have a space of steps each. */
export function hostAt(
  store: Store,
  step: LoopStep,
  { execution, attempt, maxAttempts, inngest, event }: Execution,
  { runId, limits, space = `${digestOf(runId).slice(0, 8)}:` }: RunPlace,
): Host {
  const usage = usages.get(step) ?? new Usage(event);
  usages.set(step, usage);
  return {
    store,
    ...metered(usage, { ...toolsIn(space, step), ...inngestIn(space, step) }),
    infer: inferIn(usage, step, space),
    meter: new Meter(usage, limits),
    waiting: undefined,
    approvalTtlMs: undefined,
    watchDeadlines: async () => undefined,
    execution,
    endExecution: async (other) => cancelExecution(inngest, other),
    attempt,
    maxAttempts,
    silenceMs: SILENCE_MS,
    backOffMs,
    // Its own run is gone on with by the caller, who is told so.
    async wake(next) {
      if (next.runId !== runId)
        await wakeNext({ inngest, resumeEvent: resumeRequested.name }, store, next, {});
    },
    sayAborted: async (run) => sendAborted({ inngest }, store, run, {}),
    publisher: storePublisher(),
    requestContext: () => undefined,
    callbacks: undefined,
  };
}
