import { decodeId } from "../../backend/keys.ts";
import type { StoreContext } from "../context.ts";
import type { OpenRecord, Snapshot } from "../partition.ts";
import {
  type Listed,
  limitOf,
  ownersPrefix,
  type PageOptions,
  readListing,
  timeOf,
} from "../listing.ts";
import { LIFE } from "../life/life.ts";
import { checkObject, checkOneOf } from "../arguments.ts";
import { readMany } from "../chunks.ts";
import type { Run, RunPage, RunStatus } from "./contract.ts";
import { runIn, runKey, runOf } from "./record.ts";
import { apart, readOrError, type Unreadable, unreadable } from "../unreadable.ts";
import { ALL_LIST, FAILED_LIST, type ListedRun, RUN_INDEX } from "./run-index.ts";

/** What `list` is asked. */
export interface ListOptions extends PageOptions {
  readonly status?: RunStatus | undefined;
}

/** Entries that a page looks at, at least: few runs may be of the asked status. */
const MIN_LOOKED_AT = 100;

const STATUSES: readonly RunStatus[] = [
  "queued",
  "running",
  "suspended",
  "failed",
  "completed",
  "cancelled",
  "superseded",
];

/** One page of the runs of the scope. The index says where runs may be; what they are is read from their own records. */
export async function listRuns(context: StoreContext, options: ListOptions): Promise<RunPage> {
  checkObject("The options of list", options);
  const { status, cursor } = options;
  if (status !== undefined) checkOneOf("status", status, STATUSES);
  const limit = limitOf(options);
  await context.ready();
  const now = context.now();
  const isFailed = status === "failed";
  const listing = {
    context,
    kind: RUN_INDEX,
    prefix: ownersPrefix(isFailed ? FAILED_LIST : ALL_LIST, context.scope.user),
    newestFirst: true,
  };
  const looked = status === undefined ? limit : Math.max(limit, MIN_LOOKED_AT);
  const { entries, next } = await readListing(listing, { cursor, limit: looked }, now);
  const runs = await runsOf(context, entries, now);
  const shown = entries.filter(({ place }) => {
    const run = runs.get(place);
    if (run && "code" in run) return true;
    if (!run || (status !== undefined && run.status !== status)) return false;
    return !isFailed || run.endedAt?.getTime() === timeOf(place);
  });
  const page = shown.slice(0, limit);
  const after = shown.length > limit ? page.at(-1)?.place : next;
  const found = page.flatMap(({ place }) => runs.get(place) ?? []);
  const { shown: read, told } = apart(found);
  return {
    runs: read,
    ...told,
    ...(after === undefined ? {} : { cursor: after }),
  };
}

/** The runs that the entries lead to, by place: one read for each thread, or as many as the engine needs. A run that was never recorded, or went with its thread, is none. */
async function runsOf(
  context: StoreContext,
  entries: readonly Listed[],
  now: number,
): Promise<ReadonlyMap<string, Run | Unreadable>> {
  const found = new Map<string, Run | Unreadable>();
  const named = entries.flatMap(({ record, place }) => {
    const { read, error } = readOrError(() => record.value() as ListedRun);
    if (error) found.set(place, unreadable(error, runNamedBy(place)));
    return read ? [{ place, ...read }] : [];
  });
  for (const [threadId, ones] of Map.groupBy(named, (one) => one.threadId)) {
    const keys = ones.map(({ runId }) => runKey(runId));
    const snapshot = await readMany(context.thread(threadId), [LIFE, ...keys], now);
    const life = readOrError(() => lifeSeen(context, snapshot));
    if (!life.error && !life.read) continue;
    for (const { place, runId } of ones) {
      const { read: run, error } = life.error ? life : readOrError(() => runIn(snapshot, runId));
      if (error) found.set(place, unreadable(error, { threadId, runId }));
      else if (run && life.read) found.set(place, runOf(threadId, life.read.revision, run));
    }
  }
  return found;
}

/** The life, where the scope's user may see it. */
function lifeSeen({ scope: { user } }: StoreContext, snapshot: Snapshot): OpenRecord | undefined {
  const life = snapshot.get(LIFE);
  const owner = life && (life.value() as { readonly owner?: string }).owner;
  return user === undefined || owner === user ? life : undefined;
}

/** The run that a place names: an entry that cannot be read still stands under its id. */
function runNamedBy(place: string): { readonly runId?: string } {
  const runId = decodeId(place.slice(place.indexOf("/") + 1));
  return runId === undefined ? {} : { runId };
}
