import type { Write } from "../../backend/contract.ts";
import { openEnvelope } from "../../codec/envelope.ts";
import { decodeText } from "../../codec/text.ts";
import { ALLOWED_SKEW_MS } from "../checkpoints/retention.ts";
import {
  decodeExceptions,
  decodeHead,
  EXCEPTIONS,
  HEAD,
  type Head,
  isCheckpointKey,
} from "../checkpoints/schema.ts";
import type { Sweeper } from "../checkpoints/sweeper.ts";
import { EXPIRE, SWEEP } from "../maintenance/kinds.ts";
import type { StoreContext } from "../context.ts";
import { touchThread } from "../directory/threads.ts";
import { HEAD as HISTORY } from "../history/record.ts";
import type { Partition } from "../partition.ts";
import { LIFE, livesIn } from "../life/life.ts";
import { noteVisit } from "./operations.ts";
import { dueAfter, noteWork } from "../maintenance/work.ts";

/**
 * The door to a thread as verbs use it: what a write makes necessary later is noted before it, and once it has landed this process sweeps behind it. One write an hour a thread and
 * process, and none where nothing is ever hidden.
 */
export function watchThread(context: StoreContext, threadId: string, sweeper: Sweeper): Partition {
  const partition = context.unwatched(threadId);
  return {
    ...partition,
    async write(writes, now, options) {
      const effect = effectOf(writes);
      if (effect) await noteEffect(context, threadId, partition, { effect, writes, now });
      const written = await partition.write(writes, now, options);
      // From here on nothing may fail: what was written counts.
      if (effect) sweepBehind(sweeper, partition, effect, now);
      if (writes.some(isActivity))
        await touchThread(context, threadId, livesIn(partition, threadId, now), now);
      return written;
    },
  };
}

/** Entries that make a thread stand as active in its lists: of its history's head and its checkpoints'. */
function isActivity(write: Write): boolean {
  return write.op === "put" && (write.key === HISTORY || write.key === HEAD);
}

/** What a write does that somebody has to look after later. */
interface Effect {
  /** A life of the thread begins. */
  readonly begins: boolean;
  /** The head that it writes. */
  readonly head: Head | undefined;
  /** Bytes of the checkpoint that it puts; `undefined` where it puts none. */
  readonly put: number | undefined;
  /** Checkpoints that the exceptions name as deleted. */
  readonly deleted: number;
}

function effectOf(writes: readonly Write[]): Effect | undefined {
  const puts = writes.filter((write) => write.op === "put");
  const at = (key: string): Put | undefined => puts.find((put) => put.key === key);
  const begins = at(LIFE)?.expect === "absent";
  const head = at(HEAD);
  const exceptions = at(EXCEPTIONS);
  const deleted = exceptions ? decodeExceptions(storedBy(exceptions)).deleted.length : 0;
  if (!begins && !head && deleted === 0) return undefined;
  return {
    begins,
    head: head && decodeHead(storedBy(head)),
    put: puts.find(({ key }) => isCheckpointKey(key))?.value.byteLength,
    deleted,
  };
}

type Put = Extract<Write, { readonly op: "put" }>;

/** The record that an entry will make, as far as its value goes. */
function storedBy({ key, value }: Put): {
  readonly key: string;
  readonly revision: number;
  readonly bytes: Uint8Array;
  value(): unknown;
} {
  return { key, revision: 0, bytes: value, value: () => decodeText(openEnvelope(value)) };
}

/** A note is remembered for longer than it can still be written. */
const REMEMBERED_MS = 2 * 60 * 60 * 1000;
/** How long a write may be under way behind its note, by clocks that disagree, and still be seen by the sweep that is due. */
const UNDER_WAY_MS = 10 * 60 * 1000;
/** The first instant that a key has no room for. */
const FURTHEST = 1e16;

async function noteEffect(
  context: StoreContext,
  threadId: string,
  partition: Partition,
  { effect, writes, now }: { effect: Effect; writes: readonly Write[]; now: number },
): Promise<void> {
  const { begins, head, put, deleted } = effect;
  const noteOnce = async (kind: string, dueAt: number): Promise<void> => {
    const entry = `${kind} ${dueAt} ${partition.name}`;
    if (dueAt >= FURTHEST || context.known.since(entry, now, REMEMBERED_MS)) return;
    // What the engine cannot take is refused before anything is noted.
    partition.check(writes);
    await noteWork(context, { kind, subject: threadId }, dueAt, now);
    context.known.add(entry, now);
  };
  if (begins) await noteVisit(context, threadId, now);
  const deletes = deleted > 0 || (head !== undefined && put === undefined);
  if (deletes || (put !== undefined && context.keepLast !== undefined))
    await noteOnce(SWEEP, dueAfter(now + UNDER_WAY_MS));
  if (put !== undefined && head?.expires !== undefined)
    await noteOnce(EXPIRE, dueAfter(head.expires + ALLOWED_SKEW_MS));
}

/** Deletions by id that may stand in the exceptions before this process sweeps them: the record stays short. */
const MANY_DELETED = 32;

function sweepBehind(
  sweeper: Sweeper,
  partition: Partition,
  { head, put, deleted }: Effect,
  now: number,
): void {
  const cleared = head !== undefined && put === undefined && head.cleared === head.tip;
  if (cleared || deleted >= MANY_DELETED) sweeper.begin(partition, now);
  else if (head && put !== undefined) sweeper.landed(partition, { head, bytes: put }, now);
}
