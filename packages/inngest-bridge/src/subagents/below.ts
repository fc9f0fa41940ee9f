import type { Lease, Run, Store, ToolCall } from "@perdure/checkpoint-core";
import { unlessDeleted } from "../deleted.ts";
import type { Wake } from "../host.ts";
import { isFinal } from "../report.ts";
import { childRun, unlessGone } from "./childRun.ts";
import { childName } from "./names.ts";

/** What becomes of the thread of a run that is cancelled: the run that is next is woken. */
type WakeNext = (next: Wake) => Promise<void>;

/**
 * A run has ended for good: what worked for it is cancelled, and what works for that. Only the last turn of a run can have some that has not ended. Again it finds nothing to do; what a crash
 * leaves is found when its thread is woken.
 */
export async function cancelBelow(store: Store, run: Run, wake: WakeNext): Promise<void> {
  if (isFinal(run)) await endAll(store, run, wake);
}

/** One that has failed stays as it is; what it left behind ends too. */
async function endAll(store: Store, run: Run, wake: WakeNext): Promise<void> {
  for (const child of await runsBelow(store, run)) {
    if (!child.outcome) await cancelRun(store, child, `The run ${run.id} has ended.`, wake);
    await unlessDeleted(endAll(store, await again(store, child), wake));
  }
}

/** The run is cancelled, and the next of its thread is woken; nothing where it is gone with its thread. */
export async function cancelRun(
  store: Store,
  { id, threadId, life }: Run,
  reason: string,
  wake: WakeNext,
): Promise<void> {
  const settled = await unlessGone(store.runs.cancel(id, { reason }));
  if (settled?.next) await wake({ threadId, life, ...settled.next });
}

async function again(store: Store, run: Run): Promise<Run> {
  return (await childRun(store, run.id)) ?? run;
}

/** The runs that work, or worked, for calls of a run's last turn. */
async function runsBelow(store: Store, run: Run): Promise<readonly Run[]> {
  const { id: runId, threadId, life } = run;
  // Only reads: whether it holds is not asked.
  const lease = { threadId, runId, life, execution: "none", fence: 1 };
  const turn = await lastTurn(store, lease);
  if (turn === 0) return [];
  const { answer } = await store.runs.look(lease, { turn });
  const calls = answer?.message.toolCalls ?? [];
  const found = await Promise.all(
    calls.map(async ({ id }: ToolCall) => childRun(store, childName(store, lease, turn, id).runId)),
  );
  return found.filter((one) => one !== undefined);
}

/** The last turn of a run that has an answer; 0 when none has. Answers have no gaps, so it looks by doubling and halving. */
export async function lastTurn(store: Store, lease: Lease): Promise<number> {
  const isStored = async (turn: number): Promise<boolean> =>
    (await store.runs.look(lease, { turn })).answer !== undefined;
  let stored = 0;
  let missing = 1;
  while (await isStored(missing)) [stored, missing] = [missing, missing * 2];
  while (missing - stored > 1) {
    const middle = Math.floor((stored + missing) / 2);
    if (await isStored(middle)) stored = middle;
    else missing = middle;
  }
  return stored;
}
