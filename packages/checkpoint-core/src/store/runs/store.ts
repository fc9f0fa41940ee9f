import { StorageError } from "../../errors.ts";
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
import { SILENCE, silenceWrites } from "../lease/silence.ts";
import { heldLease, pulseWrite, standingIn } from "../lease/standing.ts";
import { holding, threadStanding } from "./standing.ts";
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
      const { ms, part } = options;
      checkWhole("ms", ms, 1);
      if (part !== undefined) checkId("part", part);
      return beat(context, lease, { ms, part });
    },
    async heard(lease, part) {
      checkId("part", part);
      return beat(context, lease, { ms: undefined, part });
    },
    async get(runId) {
      checkId("runId", runId);
      await context.ready();
      const threadId = await threadOfRun(context, runId, context.now());
      return threadId === undefined ? undefined : readRun(context, threadId, runId);
    },
    list: async (options = {}) => listRuns(context, options),
    async holding(threadId) {
      checkId("threadId", threadId);
      await context.ready();
      return holding(context, threadId);
    },
    async standing(threadId) {
      checkId("threadId", threadId);
      await context.ready();
      return threadStanding(context, threadId);
    },
    look: async (lease, at) => look(context, lease, at),
    turn: async (lease, turn, options) => readTurn(context, lease, turn, options),
  };
}

/** The holder, or a part of its work, says how long it may be silent, or speaks again: a check of the fence, and the pulse. */
async function beat(
  context: StoreContext,
  lease: Lease,
  { ms, part }: { readonly ms: number | undefined; readonly part: string | undefined },
): Promise<void> {
  checkOwnLease(lease);
  await context.ready();
  const now = context.now();
  const partition = context.thread(lease.threadId);
  await transact<undefined>(partition, now, async () => {
    const keys = part === undefined ? [LIFE, LEASE] : [LIFE, LEASE, SILENCE];
    const snapshot = await partition.read(keys, now);
    const held = heldLease(context, snapshot, lease);
    const silence = part === undefined ? [] : silenceWrites(snapshot, lease.fence, { part, ms });
    if (ms === undefined && silence.length === 0) return { answer: undefined };
    return {
      writes: [
        { op: "check", key: LEASE, expect: lease.fence },
        pulseWrite(ms ?? held.ms ?? 1, "any"),
        ...silence,
      ],
      landed: () => undefined,
    };
  });
}

/** A run of a thread; `undefined` where the thread has none of the id. */
async function readRun(
  context: StoreContext,
  threadId: string,
  runId: string,
): Promise<Run | undefined> {
  const snapshot = await context.thread(threadId).read([LIFE, LEASE, runKey(runId)], context.now());
  const standing = standingIn(context, snapshot);
  const run = runIn(snapshot, runId);
  return standing && run && runOf(threadId, standing.life.revision, run);
}
