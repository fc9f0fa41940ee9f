import type { StoreContext } from "../context.ts";
import { checkId } from "../operation.ts";
import { ensureThread, LEASE, lifeCheck } from "../life/life.ts";
import { type Decision, type Plan, transact } from "../transact.ts";
import { checkObject, copyOf } from "../arguments.ts";
import { checkWhenBusy } from "./arguments.ts";
import type { RunStore } from "./contract.ts";
import { listOpenThread } from "./open-threads.ts";
import { joinParts, type RunParts, withoutDoubles } from "./parts.ts";
import { checkMessage, copyMessage, newRun, runIn, runKey, runOf, runWrite } from "./record.ts";
import { forgetUnrecorded, indexRun, refuseTaken } from "./run-index.ts";
import { leaseWrite, queueWrite, type Standing, STANDING, standingIn } from "../lease/standing.ts";
import { type EndingPlace, historyParts, supersede } from "./supersede.ts";
import { takingWrites } from "./told.ts";

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
  given: StartOptions,
): Promise<Started> {
  checkStart(threadId, given);
  const options = copyStart(given);
  await context.ready();
  const now = context.now();
  const partition = context.thread(threadId);
  const starting = { context, parts, partition, threadId, options, now };
  const { runId, input, message } = options;
  partition.check(takingWrites(newRun(runId, "queued", input, message), now));
  const plan = async (): Promise<Decision<Started>> => {
    const snapshot = await partition.read([...STANDING, runKey(runId)], now);
    const standing = standingIn(context, snapshot);
    if (!standing) {
      await makeThread(starting);
      return plan();
    }
    const found = runIn(snapshot, runId);
    if (found) {
      const behind = found.record.status === "queued" && standing.lease.run !== runId;
      const run = runOf(threadId, standing.life.revision, found);
      return { answer: { status: behind ? "queued" : "recorded", run, replayed: true } };
    }
    return startNew({ ...starting, standing });
  };
  try {
    return await transact(partition, now, plan);
  } catch (error) {
    await forgetUnrecorded(context, { runId, threadId, error }, now);
    throw error;
  }
}

/** The thread is made for the run, once it is sure that both can be kept. Another process may have begun the run on it by then, so all is read again. */
async function makeThread({
  context,
  threadId,
  options: { runId },
  now,
}: Omit<Starting, "standing">): Promise<void> {
  await refuseTaken(context, runId, threadId, now);
  await ensureThread(context, threadId);
}

function checkStart(threadId: string, options: StartOptions): void {
  checkId("threadId", threadId);
  checkObject("The options of start", options);
  checkId("runId", options.runId);
  checkMessage(options.message);
  checkWhenBusy(options.whenBusy);
}

/** The options with copies of what is stored of them. */
function copyStart({ input, message, ...options }: StartOptions): StartOptions {
  return {
    ...options,
    ...(input === undefined ? {} : { input: copyOf(input) }),
    ...(message === undefined ? {} : { message: copyMessage(message) }),
  };
}

async function startNew(starting: Starting): Promise<Decision<Started>> {
  const { context, partition, threadId, options, standing, now } = starting;
  const { whenBusy = "queue" } = options;
  const { run: holder } = standing.lease;
  const taken = holder !== undefined || standing.queue.length > 0;
  if (taken && whenBusy === "reject") return { answer: { status: "rejected" } };
  const plan =
    taken && whenBusy === "queue" ? startBehind(starting) : await startReserved(starting, holder);
  partition.check(plan.writes);
  await indexRun(context, { runId: options.runId, threadId, life: standing.life }, now);
  await listOpenThread(context, threadId, now);
  return plan;
}

/** Taken: it stands behind those that wait, while the lease is as it was read. */
function startBehind({ threadId, options, standing }: Starting): Plan<Started> {
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
): Promise<Plan<Started>> {
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
      return {
        status: "recorded",
        run,
        replayed: false,
        ...(ending ? { superseded: ending.record.id } : {}),
      };
    },
  };
}
