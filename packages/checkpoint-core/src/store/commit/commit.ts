import type { StoreContext } from "../context.ts";
import { nameEntries } from "../history/append.ts";
import { operationKey, operationWrite } from "../operation.ts";
import { ensureThread } from "../threads/life.ts";
import { transact } from "../transact.ts";
import { type RunParts, withoutDoubles } from "../runs/parts.ts";
import { lifeCheck } from "../runs/standing.ts";
import { checkCommit } from "./check.ts";
import type { Commit, CommitOptions, CommitResult } from "./contract.ts";
import { commitHeld } from "./held.ts";
import { committed, type Recorded, replayCommit } from "./outcome.ts";
import { draftShares, type Sharing } from "./shares.ts";

/** Makes `Store.commit`. `verb` keeps the commits of other verbs apart, so that two writes of one step never pass for each other. */
export function commitTo(
  context: StoreContext,
  parts: RunParts,
  verb = "commit",
): (threadId: string, changes: Commit, options: CommitOptions) => Promise<CommitResult> {
  return async (threadId, changes, options) => {
    checkCommit(threadId, changes, options, context.backend.limits.maxWrites);
    const { operationId, lease } = options;
    const op = operationKey(verb, operationId);
    if (!lease) return commitUnheld({ context, parts, threadId, changes, operationId, op });
    await context.ready();
    return commitHeld({ context, parts, changes, lease, operationId, op });
  };
}

interface UnheldCommit {
  readonly context: StoreContext;
  readonly parts: RunParts;
  readonly threadId: string;
  readonly changes: Commit;
  readonly operationId: string;
  /** The key of the operation record. */
  readonly op: string;
}

/** History and a checkpoint, with nothing expected of runs. */
async function commitUnheld(commit: UnheldCommit): Promise<CommitResult> {
  const { context, threadId, op } = commit;
  const now = context.now();
  const sharing = sharingOf(commit, now);
  await context.ready();
  const partition = context.thread(threadId);
  return transact<CommitResult>(partition, now, async () => {
    const life = await ensureThread(context, threadId);
    const done = (await partition.read([op], now)).get(op);
    if (done) return { answer: await replayCommit(partition, done, now) };
    const shares = await draftShares(partition, now, sharing);
    const { checkpointId, history } = shares;
    const recorded: Recorded = {
      ...(checkpointId === undefined ? {} : { checkpointId }),
      ...(history === undefined ? {} : { history }),
    };
    const first = operationWrite(op, recorded, now, context.operationTtlMs);
    return {
      writes: withoutDoubles([first, lifeCheck(life), ...shares.writes]),
      landed(revision) {
        shares.landed(revision);
        return committed(recorded, {}, revision, false);
      },
    };
  });
}

function sharingOf({ parts, threadId, changes, operationId }: UnheldCommit, now: number): Sharing {
  const { checkpoint } = changes;
  const own = nameEntries(changes.history ?? [], operationId);
  return {
    checkpoint:
      checkpoint &&
      parts.checkpoint({ threadId, ...checkpoint, parentIsHead: "changes" in checkpoint }, now),
    unpin: undefined,
    history: own.length === 0 ? undefined : parts.history(threadId, own, now),
    own,
  };
}
