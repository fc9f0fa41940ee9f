import type { StoreContext } from "../context.ts";
import type { OpenRecord, Snapshot } from "../partition.ts";
import { LIFE, type Life, lifeIn } from "../life/life.ts";
import {
  type Checkpoint,
  decodeCheckpoint,
  decodeExceptions,
  decodeHead,
  EXCEPTIONS,
  type Exceptions,
  HEAD,
  type Head,
  ordinalIn,
} from "./schema.ts";

/** Which checkpoints of a thread can be seen, as of one read. */
export interface View {
  readonly now: number;
  readonly life: Life | undefined;
  readonly head: (Head & { readonly revision: number }) | undefined;
  readonly exceptions: Exceptions;
  /** 0 where there is no such record. */
  readonly exceptionsRevision: number;
}

/** What a reader reads first. A scope with a user needs the owner. */
export function viewKeys({ scope }: StoreContext): readonly string[] {
  return scope.user === undefined ? [HEAD, EXCEPTIONS] : [LIFE, HEAD, EXCEPTIONS];
}

/** The view that a snapshot shows. Throws `FORBIDDEN` for another user's thread. */
export function viewIn(context: StoreContext, snapshot: Snapshot, now: number): View {
  const life = lifeIn(context, snapshot);
  const head = snapshot.get(HEAD);
  const stored = snapshot.get(EXCEPTIONS);
  const shown = life !== undefined || context.scope.user === undefined ? head : undefined;
  return {
    now,
    life,
    head: shown && { ...decodeHead(shown), revision: shown.revision },
    // Decoded by those who need them: a damaged record stops nobody else.
    get exceptions(): Exceptions {
      return stored ? decodeExceptions(stored) : { pinned: [], deleted: [] };
    },
    exceptionsRevision: stored?.revision ?? 0,
  };
}

/** Whether two reads saw the same head and the same exceptions. */
export function sameView(one: View, other: View): boolean {
  return (
    one.head?.revision === other.head?.revision &&
    one.exceptionsRevision === other.exceptionsRevision
  );
}

/** Can the checkpoint be seen? What is pinned does not expire and is not hidden by the policy; deletion hides it too. */
export function isVisible(
  view: View,
  { ordinal, expires }: { readonly ordinal: number; readonly expires?: number | undefined },
): boolean {
  if (isHidden(view, ordinal)) return false;
  return !isPast(expires, view.now) || isPinned(view.exceptions, ordinal);
}

/** Is it hidden, whatever its record says: by a deletion, or by the policy and no pin? */
function isHidden({ head, exceptions }: View, ordinal: number): boolean {
  if (!head || ordinal <= head.cleared || exceptions.deleted.includes(ordinal)) return true;
  return ordinal <= head.since && !isPinned(exceptions, ordinal);
}

/** The head, where the head record is enough to tell that its last put can be seen; otherwise the newest visible one has to be looked for. */
export function tipIn({ head, now }: View): (Head & { readonly from: number }) | undefined {
  if (head?.from === undefined || isPast(head.expires, now)) return undefined;
  return { ...head, from: head.from };
}

function isPinned({ pinned }: Exceptions, ordinal: number): boolean {
  return pinned.some((pin) => pin.ordinal === ordinal);
}

/** Expired is what expires at or before now. */
export function isPast(expires: number | undefined, now: number): boolean {
  return expires !== undefined && expires <= now;
}

/** The checkpoint in a record, if it is the one that is meant and can be seen. */
export function visibleIn(
  view: View,
  record: OpenRecord | undefined,
  checkpointId: string,
): Checkpoint | undefined {
  // What is hidden stays so, also where it is damaged.
  if (!record || isHidden(view, ordinalIn(record.key))) return undefined;
  const found = decodeCheckpoint(record);
  return found.id === checkpointId && isVisible(view, found) ? found : undefined;
}
