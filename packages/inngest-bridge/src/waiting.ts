import { digestOf, type Run, type Store } from "@perdure/checkpoint-core";
import type { DurableAgent } from "./agent.ts";
import { crossedStep } from "./crossed.ts";
import { unlessDeleted } from "./deleted.ts";
import type { Host, Waiting } from "./host.ts";
import { approvalsOf, isReady } from "./streams/ending.ts";
import { askingRun } from "./subagents/above.ts";
import type { CheckpointNote } from "./suspending.ts";
import { type Ask, type NotTaken, takeOnce, type TakenRun } from "./take.ts";

// One that rings for nothing is not heard for ever.
const ROUNDS = 10;

/** After a ring, how long an execution that waits has to take its run before another does: a match took up to 18 seconds on a busy server. */
const GRACE_MS = 30_000;

/**
 * Waits in this execution until enough has been decided, and takes the run again; `undefined` when the time is over first, and the run stays suspended as any other. Meanwhile nobody holds
 * the run: whoever comes first goes on with it.
 *
 * A wait hears nothing that was before it, so a look into the store is planned in the same batch, which the server begins after the wait: it rings for what was decided before.
 */
export async function waitHere(
  host: Host & { readonly waiting: Waiting },
  agent: DurableAgent,
  ask: Ask,
  checkpointId: string,
): Promise<TakenRun | NotTaken | undefined> {
  const { waiting, store } = host;
  const { runId } = ask;
  const bell = bellOf(store, runId, checkpointId);
  let ms = waiting.timeoutMs;
  for (let round = 0; round < ROUNDS; round += 1) {
    const id = `${checkpointId}:${round}`;
    const [ended, { leftMs }] = await Promise.all([
      waiting.wait(`wait:${id}`, bell, ms),
      crossedStep(host, { id: `look:${id}`, name: "look" }, async () => {
        const run = await unlessDeleted(store.runs.get(runId));
        const waits = run && (await unlessDeleted(waitingFor(store, run)));
        if (run?.checkpointId !== checkpointId || waits?.isReady === true)
          await waiting.ring(bell, id);
        return { leftMs: Math.max(1000, (waits?.until ?? 0) - Date.now()) };
      }),
    ]);
    const taken = await takeOnce(host, agent, { ...ask, verb: "claim" }, `claim:${id}`);
    if (taken.status !== "waiting") return taken;
    if (ended === "over") return undefined;
    ms = leftMs;
  }
  return undefined;
}

/**
 * Leaves a run to the execution that waits for it in its own trace: rings, and gives it time to take the run. True when it did; otherwise the caller goes on as if nobody had waited, so a run
 * whose execution has died is not forgotten.
 */
export async function isLeftToWaiting(host: Host, runId: string, event: string): Promise<boolean> {
  const { waiting, store, tools } = host;
  if (!waiting) return false;
  const rung = await crossedStep(host, { id: "ring" }, async () => {
    const run = await unlessDeleted(askingRun(store, runId));
    const { checkpointId } = run ?? {};
    const waits = run && (await unlessDeleted(waitingFor(store, run)));
    const isLeft = waits?.isReady === true && waits.until > Date.now();
    if (!run || checkpointId === undefined || !isLeft) return null;
    await waiting.ring(bellOf(store, run.id, checkpointId), event);
    return { runId: run.id, checkpointId };
  });
  if (!rung) return false;
  await tools.sleep("grace", GRACE_MS);
  const looked = await crossedStep(host, { id: "rung" }, async () => {
    const run = await unlessDeleted(store.runs.get(rung.runId));
    return { left: run?.status === "running" || run?.checkpointId !== rung.checkpointId };
  });
  return looked.left;
}

/** Names the wait on one suspension of a run, and nobody else's: a bell that is rung says nothing of what was decided. */
export function bellOf(store: Store, runId: string, checkpointId: string): string {
  const { tenant } = store.scope;
  return digestOf([tenant ?? null, runId, checkpointId]).slice(0, 40);
}

/** Until when an execution waits for the suspended run, and whether enough has been decided; `undefined` where none waits. */
async function waitingFor(
  store: Store,
  run: Run,
): Promise<{ readonly until: number; readonly isReady: boolean } | undefined> {
  const { threadId, checkpointId, status } = run;
  if (status !== "suspended" || checkpointId === undefined) return undefined;
  const record = await store.checkpoints.record(threadId, checkpointId);
  const { waitsUntil } = (record?.metadata ?? {}) as Partial<CheckpointNote>;
  if (waitsUntil === undefined) return undefined;
  const approvals = await approvalsOf(store, run);
  const pending = approvals.filter((one) => one.status === "pending").length;
  return { until: waitsUntil, isReady: isReady(run, pending) };
}
