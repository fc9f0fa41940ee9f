import { ContentionError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId, checkWhole } from "../operation.ts";
import { LEASE, LIFE } from "../life/life.ts";
import { transact } from "../transact.ts";
import { checkOwnLease } from "../lease/check.ts";
import { checkObject } from "../arguments.ts";
import { checkOutcome } from "./arguments.ts";
import { amend } from "./amend.ts";
import { begin } from "./begin.ts";
import type { Run, RunOutcome, RunStore, SettleResult } from "./contract.ts";
import type { Lease } from "../lease/lease.ts";
import { cancel, incompatible, notice } from "./ending.ts";
import { listRuns } from "./list.ts";
import { look, readTurn } from "./look.ts";
import type { RunParts } from "./parts.ts";
import { runIn, runKey, runOf } from "./record.ts";
import { threadOfRun } from "./run-index.ts";
import { heldLease, pulseWrite, standingIn } from "../lease/standing.ts";
import { start } from "./start.ts";

/** Ends a run by a commit of its outcome alone. */
export type Settle = (
  threadId: string,
  changes: { readonly settle: Extract<RunOutcome, { readonly status: "completed" | "failed" }> },
  options: { readonly operationId: string; readonly lease: Lease },
) => Promise<
  | ({ readonly status: "committed"; readonly run?: Run } & Omit<SettleResult, "run">)
  | { readonly status: "goOn" }
>;

/** The runs of the threads of one scope. */
export function runStore(context: StoreContext, parts: RunParts, settle: Settle): RunStore {
  return {
    start: async (threadId, options) => start(context, parts, threadId, options),
    begin: async (threadId, options) =>
      begin(context, parts, threadId, { ...options, create: true }),
    claim: async (threadId, options) =>
      begin(context, parts, threadId, { ...options, create: false }),
    async settle(lease, outcome, options): Promise<SettleResult> {
      checkOutcome("outcome", outcome, ["completed", "failed"]);
      checkOwnLease(lease);
      checkObject("The options of settle", options);
      const { operationId } = options;
      const done = await settle(lease.threadId, { settle: outcome }, { operationId, lease });
      if (done.status !== "committed" || !done.run)
        throw new StorageError("CORRUPT", `The settling of run ${lease.runId} stored no run.`);
      const { run, replayed, next } = done;
      return next === undefined ? { run, replayed } : { run, replayed, next };
    },
    notice: async (threadId, noticed) => notice(context, parts, threadId, noticed),
    async cancel(runId, options = {}) {
      checkObject("The options of cancel", options);
      return cancel(context, parts, runId, options);
    },
    async incompatible(runId, options) {
      checkObject("The options of incompatible", options);
      return incompatible(context, parts, runId, options);
    },
    amend: async (runId, options) => amend(context, runId, options),
    async pulse(lease, options) {
      checkObject("The options of pulse", options);
      return beat(context, lease, options.ms);
    },
    async get(runId) {
      checkId("runId", runId);
      await context.ready();
      const threadId = await threadOfRun(context, runId, context.now());
      return threadId === undefined ? undefined : (await readRun(context, threadId, runId)).run;
    },
    list: async (options = {}) => listRuns(context, options),
    async holding(threadId) {
      checkId("threadId", threadId);
      await context.ready();
      return readHolder(context, threadId);
    },
    look: async (lease, at) => look(context, lease, at),
    turn: async (lease, turn) => readTurn(context, lease, turn),
  };
}

/** The holder says how long it may be silent: a check of the fence, and the pulse. */
async function beat(context: StoreContext, lease: Lease, ms: number): Promise<void> {
  checkOwnLease(lease);
  checkWhole("ms", ms, 1);
  await context.ready();
  const now = context.now();
  const partition = context.thread(lease.threadId);
  await transact<undefined>(partition, now, async () => {
    heldLease(context, await partition.read([LIFE, LEASE], now), lease);
    return {
      writes: [{ op: "check", key: LEASE, expect: lease.fence }, pulseWrite(ms, "any")],
      landed: () => undefined,
    };
  });
}

/** A run of a thread as one read finds it, and whether it has the thread. */
async function readRun(
  context: StoreContext,
  threadId: string,
  runId: string,
): Promise<{ readonly run?: Run; readonly holds: boolean }> {
  const snapshot = await context.thread(threadId).read([LIFE, LEASE, runKey(runId)], context.now());
  const standing = standingIn(context, snapshot);
  const run = runIn(snapshot, runId);
  if (!standing || !run) return { holds: false };
  return {
    run: runOf(threadId, standing.life.revision, run),
    holds: standing.lease.run === runId,
  };
}

/** Times that the thread may change hands while its holder is looked for. */
const MAX_LOOKS = 100;

async function readHolder(context: StoreContext, threadId: string): Promise<Run | undefined> {
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const snapshot = await context.thread(threadId).read([LIFE, LEASE], context.now());
    const runId = standingIn(context, snapshot)?.lease.run;
    if (runId === undefined) return undefined;
    const { run, holds } = await readRun(context, threadId, runId);
    if (holds) return run;
  }
  throw new ContentionError(`The thread changed hands during each of ${MAX_LOOKS} looks at it.`);
}
