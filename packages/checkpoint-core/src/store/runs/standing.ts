import { ContentionError, StorageError } from "../../errors.ts";
import { isReady, readApprovals } from "../approvals/ask.ts";
import type { StoreContext } from "../context.ts";
import { longestSilence } from "../lease/silence.ts";
import { type Standing, STANDING, standingIn } from "../lease/standing.ts";
import type { Run, ThreadStanding } from "./contract.ts";
import { runIn, runKey, runOf, type RunRecord, type StoredRun } from "./record.ts";

/** Times that the thread may change hands while its holder is looked for. */
const MAX_LOOKS = 100;

/** The run that has a thread, as one read found both. */
interface Holder {
  readonly standing: Standing;
  readonly run: StoredRun;
}

/** The run that has the thread; see `RunStore.holding`. */
export async function holding(context: StoreContext, threadId: string): Promise<Run | undefined> {
  const holder = await holderOf(context, threadId);
  return holder && runOf(threadId, holder.standing.life.revision, holder.run);
}

/** Which run has the thread, and whether it goes on by itself; `undefined` where none has it. See `RunStore.standing`. */
export async function threadStanding(
  context: StoreContext,
  threadId: string,
): Promise<ThreadStanding | undefined> {
  const holder = await holderOf(context, threadId);
  if (!holder) return undefined;
  const { standing, run } = holder;
  const { life, fence, pulse } = standing;
  const { tenant } = context.scope;
  return {
    threadId,
    ...(tenant === undefined ? {} : { tenant }),
    ...(life.owner === undefined ? {} : { user: life.owner }),
    run: runOf(threadId, life.revision, run),
    state: await stateOf(context, threadId, standing, run.record),
    fence,
    seen: pulse.revision,
    ms: await longestSilence(context.thread(threadId), { fence, ms: pulse.ms }, context.now()),
  };
}

async function holderOf(context: StoreContext, threadId: string): Promise<Holder | undefined> {
  const now = context.now();
  const partition = context.thread(threadId);
  let standing = standingIn(context, await partition.read(STANDING, now));
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const runId = standing?.lease.run;
    if (runId === undefined) return undefined;
    const snapshot = await partition.read([...STANDING, runKey(runId)], now);
    standing = standingIn(context, snapshot);
    if (standing?.lease.run !== runId) continue;
    const run = runIn(snapshot, runId);
    if (!run) throw new StorageError("CORRUPT", `Run ${runId} has its thread and no record.`);
    return { standing, run };
  }
  throw new ContentionError(`The thread changed hands during each of ${MAX_LOOKS} looks at it.`);
}

/** A run that the deployed code cannot go on with waits, whatever was decided. */
async function stateOf(
  context: StoreContext,
  threadId: string,
  { lease }: Standing,
  { status, approvals, resumeWhen, incompatible }: RunRecord,
): Promise<ThreadStanding["state"]> {
  if (lease.execution !== undefined) return "held";
  if (status !== "suspended") return "due";
  if (incompatible !== undefined) return "waiting";
  const stored = await readApprovals(context.thread(threadId), approvals, context.now());
  const records = stored.map(({ record }) => record);
  return isReady(records, resumeWhen) ? "due" : "waiting";
}
