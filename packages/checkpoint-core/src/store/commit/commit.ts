import type { StoreContext } from "../context.ts";
import {
  doneIn,
  type Operation,
  operationKeys,
  operationOf,
  operationWrites,
} from "../operation.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import { ensureThread, LIFE, type Life, lifeCheck, lifeIn } from "../life/life.ts";
import { transact } from "../transact.ts";
import { type RunParts, withoutDoubles } from "../runs/parts.ts";
import { checkCommit } from "./check.ts";
import type { Commit, CommitOptions, CommitResult } from "./contract.ts";
import { type Given, givenOf, payloadOf } from "./given.ts";
import { commitHeld } from "./held.ts";
import { committed, type Recorded, replayCommit } from "./outcome.ts";
import { draftShares, type Shares, type Sharing } from "./shares.ts";

/** Makes `Store.commit`. `verb` keeps the commits of other verbs apart, so that two writes of one step never pass for each other. */
export function commitTo(
  context: StoreContext,
  parts: RunParts,
  verb = "commit",
): (threadId: string, changes: Commit, options: CommitOptions) => Promise<CommitResult> {
  return async (threadId, changes, options) => {
    checkCommit(threadId, changes, options, context.backend.limits.maxWrites);
    const now = context.now();
    const given = givenOf(parts, threadId, changes, options, now);
    const lease = options.lease && { ...options.lease };
    const op = operationOf(verb, options, () => payloadOf(changes));
    const commit = { context, parts, threadId, given, now, op };
    return lease ? commitHeld({ ...commit, lease }) : commitUnheld(commit);
  };
}

interface UnheldCommit {
  readonly context: StoreContext;
  readonly parts: RunParts;
  readonly threadId: string;
  readonly given: Given;
  readonly now: number;
  readonly op: Operation | undefined;
}

/** History and a checkpoint, with nothing expected of runs. */
async function commitUnheld(commit: UnheldCommit): Promise<CommitResult> {
  const { context, threadId, now, op } = commit;
  const sharing = sharingOf(commit);
  await context.ready();
  const partition = context.thread(threadId);
  return transact<CommitResult>(partition, now, async () => {
    const snapshot = await partition.read([...operationKeys(op), LIFE], now);
    const found = lifeIn(context, snapshot);
    const done = doneIn(snapshot, op);
    if (done) return { answer: await replayCommit(context, partition, done, now) };
    if (!found) await refuseFirst(commit, partition, sharing);
    const life = found ?? (await ensureThread(context, threadId));
    const shares = await draftShares(partition, now, sharing);
    const recorded = recordOf(shares);
    return {
      writes: writesOf(commit, life, shares, recorded),
      landed(revision) {
        shares.landed(revision);
        return committed(recorded, {}, revision, false);
      },
    };
  });
}

/** What cannot be kept is refused before the thread is made: drafted as if it were there, and thrown away. */
async function refuseFirst(
  commit: UnheldCommit,
  partition: Partition,
  sharing: Sharing,
): Promise<void> {
  const { context, now } = commit;
  const { user } = context.scope;
  const life = { createdAt: now, ...(user === undefined ? {} : { owner: user }) };
  const revision = Number.MAX_SAFE_INTEGER;
  const imagined: OpenRecord = { key: LIFE, revision, bytes: new Uint8Array(), value: () => life };
  const shares = await draftShares(partition, now, sharing, { imagined });
  partition.check(writesOf(commit, { ...life, revision }, shares, recordOf(shares)));
}

function recordOf({ checkpointId, history }: Shares): Recorded {
  return {
    ...(checkpointId === undefined ? {} : { checkpointId }),
    ...(history === undefined ? {} : { history }),
  };
}

function writesOf(
  { context, now, op }: UnheldCommit,
  life: Life,
  shares: Shares,
  recorded: Recorded,
): ReturnType<typeof withoutDoubles> {
  const first = operationWrites(op, recorded, now, context.operationTtlMs);
  return withoutDoubles([...first, lifeCheck(life), ...shares.writes]);
}

function sharingOf({ parts, threadId, given, now }: UnheldCommit): Sharing {
  const { checkpoint, own } = given;
  return {
    checkpoint,
    unpin: undefined,
    history: own.length === 0 ? undefined : parts.history(threadId, own, now),
    own,
  };
}
