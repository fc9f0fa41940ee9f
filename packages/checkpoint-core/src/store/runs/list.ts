import type { StoreContext } from "../context.ts";
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
    if (!run || (status !== undefined && run.status !== status)) return false;
    return !isFailed || run.endedAt?.getTime() === timeOf(place);
  });
  const page = shown.slice(0, limit);
  const after = shown.length > limit ? page.at(-1)?.place : next;
  const found = page.flatMap(({ place }) => runs.get(place) ?? []);
  return after === undefined ? { runs: found } : { runs: found, cursor: after };
}

/** The runs that the entries lead to, by place: one read for each thread, or as many as the engine needs. A run that was never recorded, or went with its thread, is none. */
async function runsOf(
  context: StoreContext,
  entries: readonly Listed[],
  now: number,
): Promise<ReadonlyMap<string, Run>> {
  const named = entries.map(({ record, place }) => ({ place, ...(record.value() as ListedRun) }));
  const found = new Map<string, Run>();
  for (const [threadId, ones] of Map.groupBy(named, (one) => one.threadId)) {
    const keys = ones.map(({ runId }) => runKey(runId));
    const snapshot = await readMany(context.thread(threadId), [LIFE, ...keys], now);
    const life = snapshot.get(LIFE);
    const { user } = context.scope;
    const owner = life && (life.value() as { readonly owner?: string }).owner;
    if (!life || (user !== undefined && owner !== user)) continue;
    for (const { place, runId } of ones) {
      const run = runIn(snapshot, runId);
      if (run) found.set(place, runOf(threadId, life.revision, run));
    }
  }
  return found;
}
