import { DeletedError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId } from "../operation.ts";
import { ensureThread, LEASE } from "../threads/life.ts";
import { type Decision, transact } from "../transact.ts";
import type { RunStore } from "./contract.ts";
import { listOpenThread } from "./open-threads.ts";
import { joinParts, type RunParts, withoutDoubles } from "./parts.ts";
import { newRun, runIn, runKey, runOf, runWrite } from "./record.ts";
import { indexRun } from "./run-index.ts";
import {
  leaseWrite,
  lifeCheck,
  queueWrite,
  type Standing,
  STANDING,
  standingIn,
} from "./standing.ts";
import { type EndingPlace, historyParts, supersede } from "./supersede.ts";

type StartOptions = Parameters<RunStore["start"]>[1];
type Started = Awaited<ReturnType<RunStore["start"]>>;

/** What one `start` found. */
interface Starting extends EndingPlace {
  readonly context: StoreContext;
  readonly options: StartOptions;
  readonly standing: Standing;
}

/** A run is recorded before its event is sent; its record is its own operation record. */
export async function start(
  context: StoreContext,
  parts: RunParts,
  threadId: string,
  options: StartOptions,
): Promise<Started> {
  checkId("threadId", threadId);
  checkId("runId", options.runId);
  if (options.message) checkId("message.id", options.message.id);
  await context.ready();
  const now = context.now();
  const partition = context.thread(threadId);
  return transact<Started>(partition, now, async () => {
    await ensureThread(context, threadId);
    const snapshot = await partition.read([...STANDING, runKey(options.runId)], now);
    const standing = standingIn(context, snapshot);
    if (!standing) throw new DeletedError("The thread was deleted; no run was recorded.");
    const found = runIn(snapshot, options.runId);
    if (found) {
      const behind = found.record.status === "queued" && standing.lease.run !== options.runId;
      const run = runOf(threadId, standing.life.revision, found);
      return { answer: { status: behind ? "queued" : "recorded", run, replayed: true } };
    }
    return startNew({ context, parts, partition, threadId, options, standing, now });
  });
}

async function startNew(starting: Starting): Promise<Decision<Started>> {
  const { context, threadId, options, standing, now } = starting;
  const { whenBusy = "queue" } = options;
  const { run: holder } = standing.lease;
  const taken = holder !== undefined || standing.queue.length > 0;
  if (taken && whenBusy === "reject") return { answer: { status: "rejected" } };
  await indexRun(context, options.runId, threadId, now);
  await listOpenThread(context, threadId, now);
  if (taken && whenBusy === "queue") return startBehind(starting);
  return startReserved(starting, holder);
}

/** Taken: it stands behind those that wait, while the lease is as it was read. */
function startBehind({ threadId, options, standing }: Starting): Decision<Started> {
  const { runId, input, message } = options;
  const record = newRun(runId, "queued", input, message);
  return {
    writes: [
      runWrite(record, "absent"),
      { op: "check", key: LEASE, expect: standing.fence },
      queueWrite([...standing.queue, runId], standing.queueExpect),
      lifeCheck(standing.life),
    ],
    landed: (revision) => ({
      status: "queued",
      run: runOf(threadId, standing.life.revision, { record, revision }),
      replayed: false,
    }),
  };
}

/** Free, or taken over: the thread is reserved for it, worked on by nobody until its event comes. */
async function startReserved(
  starting: Starting,
  holder: string | undefined,
): Promise<Decision<Started>> {
  const { partition, threadId, options, standing, now } = starting;
  const { runId, input, message } = options;
  const ending = holder === undefined ? undefined : await supersede(starting, holder, runId);
  const record = newRun(runId, "queued", input, message);
  const shares = await joinParts(partition, now, [
    ...(ending?.unpin ?? []),
    ...historyParts(starting, ending?.entries ?? []),
  ]);
  const writes = [
    lifeCheck(standing.life),
    ...(ending ? [ending.run] : []),
    leaseWrite({ run: runId }, standing.fence),
    runWrite(record, "absent"),
    ...(ending?.writes ?? []),
    ...shares.writes,
  ];
  return {
    writes: withoutDoubles(writes),
    landed(revision) {
      shares.landed(revision);
      const run = runOf(threadId, standing.life.revision, { record, revision });
      return { status: "recorded", run, replayed: false };
    },
  };
}
