import {
  type CommitResult,
  isStorageError,
  type Lease,
  type Run,
  type Store,
} from "@perdure/checkpoint-core";
import type { AgentContext, HeldStep, StepName, Taken } from "./agent.ts";
import type { Host } from "./host.ts";
import { crossedStep } from "./crossed.ts";
import { callAfterStep } from "./calling.ts";
import { type RunSummary, summaryOf } from "./report.ts";
import type { RunOptions } from "./runOptions.ts";
import type { CurrentStep } from "./steps/ambient.ts";
import { isRetried, retryAfterOf } from "./steps/failure.ts";
import { type ShownInput, showInput } from "./steps/stepInput.ts";
import { withDeadlines } from "./upkeep/withDeadlines.ts";
import type { StoredPlace } from "./streams/callbacks.ts";
import { type OpenStepStream, openStepStream } from "./streams/stepStream.ts";

/** The run was taken over, or its thread deleted: this execution ends quietly, with the run as it is stored. */
export class Lost extends Error {
  override readonly name = "Lost";
  readonly run: RunSummary | undefined;

  constructor(run: RunSummary | undefined) {
    super("Another execution works on this run now, or its thread is gone.");
    this.run = run;
  }
}

/** What an agent works with while this execution holds the run. */
export function contextOf(host: Host, taken: Taken, options: RunOptions, depth = 0): AgentContext {
  const { threadId, runId } = taken.lease;
  return {
    ...taken,
    threadId,
    runId,
    inngest: host.inngest,
    sleep: async (id, ms) => host.tools.sleep(id, ms),
    afterwards: async (step, work) => crossedStep(host, step, async () => work()),
    options,
    depth,
    host,
    requestContext: host.requestContext(taken.lease),
    nearsLimit: (steps = 1) => host.meter?.hasStored === true && host.meter.isNear(steps),
    async step<T>(step: StepName, work: (held: HeldStep) => Promise<T>): Promise<T> {
      const ended = await crossedStep(host, step, async (place, input) =>
        holding(host, taken, { place, input }, work),
      );
      if (ended.lost) throw new Lost(ended.run);
      if (ended.kept) host.meter?.stored();
      if (ended.stored) await callAfterStep(host, taken, step, ended.stored);
      return ended.value;
    },
  };
}

/** How a step's work ended: with a value, or by losing the run, which is no failure. */
export type Ended<T> =
  | {
      readonly lost: false;
      readonly value: T;
      /** An answer or a result is stored by it. */
      readonly kept?: true;
      readonly stored?: readonly StoredPlace[];
    }
  | { readonly lost: true; readonly run?: RunSummary };

/** Does work under the lease: shows that the holder is alive, and says before a back-off how long it will be silent. */
async function holding<T>(
  host: Host,
  taken: Taken,
  { place, input }: { readonly place: CurrentStep; readonly input: ShownInput | undefined },
  work: (held: HeldStep) => Promise<T>,
): Promise<Ended<T>> {
  const { store, lease } = taken;
  const leases = [lease, ...(host.above ?? [])];
  const beat = startBeat(host, leases);
  const stream = openStepStream(host.publisher, { store, ...lease }, place);
  // A settling commit whose answer, or the wake-up behind it, was lost has given the lease away itself: the step must be tried again, or the next run is never woken.
  let gaveAway = false;
  let kept = false;
  const held: HeldStep = {
    ...place,
    signal: beat.signal,
    stream,
    show: (fields) => showInput(input, fields),
    silence: async (ms, part) => pulse(store, leases, ms + host.silenceMs, part),
    heard: async (part) => heard(store, leases, part),
    async commit(changes) {
      const operationId = place.operationId();
      gaveAway = changes.settle !== undefined;
      const result = await store.commit(
        lease.threadId,
        withDeadlines(changes, host.approvalTtlMs),
        { operationId, lease },
      );
      await sendBehind(host, lease, result);
      gaveAway = false;
      kept ||= result.status === "committed" && Boolean(changes.answer ?? changes.result);
      if (result.status === "committed" && result.run)
        stream.rest(result.run, result.approvals ?? []);
      return result;
    },
  };
  try {
    await pulse(store, leases.slice(1), host.silenceMs);
    if (place.attempt > 0) await unlessLost(heard(store, leases, place.id));
    const value = await work(held);
    return {
      lost: false,
      value,
      ...(kept ? { kept } : {}),
      ...(host.callbacks && stream.places.length > 0 ? { stored: stream.places } : {}),
    };
  } catch (error) {
    const announced = async (): Promise<boolean> =>
      gaveAway || announceBackOff(host, leases, place, error);
    if (await saysLost(error, place, announced)) return await lostRun(taken, stream);
    throw error;
  } finally {
    await stream.finish();
    beat.stop();
  }
}

/** Whether a step that failed has lost its run. An attempt before this one may have given the lease away: the next finds out what it commits. */
async function saysLost(
  error: unknown,
  { attempt }: CurrentStep,
  announced: () => Promise<boolean>,
): Promise<boolean> {
  if (isLost(error)) return true;
  return !(await announced()) && attempt === 0;
}

/** Says of a run, and of those that wait for it, how long they may be silent. */
async function pulse(
  store: Store,
  leases: readonly Lease[],
  ms: number,
  part?: string,
): Promise<void> {
  for (const lease of leases) await store.runs.pulse(lease, { ms, part });
}

/** Says of them that a part of their work speaks again. */
async function heard(store: Store, leases: readonly Lease[], part: string): Promise<void> {
  for (const lease of leases) await store.runs.heard(lease, part);
}

/** What goes with a commit that has landed: the wake-up of the run that is next, and the deadlines of what was asked. */
async function sendBehind(host: Host, lease: Lease, result: CommitResult): Promise<void> {
  if (result.status !== "committed") return;
  if (result.next) await host.wake({ ...lease, ...result.next });
  if (result.approvals) await host.watchDeadlines(result.approvals, lease);
}

/** A step whose attempt before has ended the run, and given the lease away, is done again all the same: it tells what comes next. Any other finds the loss out itself. */
async function unlessLost(said: Promise<void>): Promise<void> {
  try {
    await said;
  } catch (error) {
    if (!isLost(error)) throw error;
  }
}

/** The run as it is stored, for an execution that does not have it any more. */
async function lostRun(
  { store, lease }: Pick<Taken, "store" | "lease">,
  stream: OpenStepStream,
): Promise<{ readonly lost: true; readonly run?: RunSummary }> {
  const run = await storedRun(store, lease.runId);
  // Whoever ended it may have no stream to say so.
  if (run?.outcome) stream.rest(run, []);
  return run ? { lost: true, run: summaryOf(run) } : { lost: true };
}

/** None where the thread is being deleted. */
async function storedRun(store: Taken["store"], runId: string): Promise<Run | undefined> {
  try {
    return await store.runs.get(runId);
  } catch (error) {
    if (isLost(error)) return undefined;
    throw error;
  }
}

/** True for an error that says so: the lease is another's, or the thread has ended its life. */
function isLost(error: unknown): boolean {
  return isStorageError(error) && (error.code === "LEASE_LOST" || error.code === "DELETED");
}

/**
 * Before an attempt that comes later, challengers are told to wait for it. False when the lease is lost. Another failure to tell them changes nothing: the
 * worst that comes of it is a takeover.
 */
async function announceBackOff(
  host: Host,
  leases: readonly Lease[],
  { attempt, maxAttempts, id }: CurrentStep,
  error: unknown,
): Promise<boolean> {
  if (!isRetried(error) || (maxAttempts !== undefined && attempt + 1 >= maxAttempts)) return true;
  const delay = retryAfterOf(error) ?? host.backOffMs(attempt);
  const backOff = typeof delay === "number" ? delay : delay.getTime() - Date.now();
  try {
    const ms = Math.ceil(Math.max(0, backOff)) + host.silenceMs;
    await pulse(host.store, leases, ms, id);
    return true;
  } catch (failed) {
    return !isLost(failed);
  }
}

/** A third of the silence that a holder is allowed: one beat may fail, and the next still comes in time. */
const BEATS_PER_SILENCE = 3;

function startBeat(
  host: Host,
  leases: readonly Lease[],
): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const timer = setInterval(() => {
    pulse(host.store, leases, host.silenceMs).catch((error: unknown) => {
      if (isLost(error)) controller.abort(error);
    });
  }, host.silenceMs / BEATS_PER_SILENCE);
  timer.unref();
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}
