import type { Write } from "../../backend/contract.ts";
import { operationWrite } from "../operation.ts";
import type { Snapshot } from "../partition.ts";
import { LIFE, type Life, lifeCheck, lifeIn } from "../life/life.ts";
import { type Decision, transact } from "../transact.ts";
import { decodeOrDamaged } from "./damage.ts";
import { exceptionsWrite, withDeletion } from "./exceptions.ts";
import type { Ground } from "./ground.ts";
import { mayHaveLanded } from "./lost.ts";
import { ownId } from "./names.ts";
import { type Cleared, clearedFrom } from "./repair.ts";
import {
  type Checkpoint,
  checkpointKey,
  encodeHead,
  HEAD,
  type Head,
  ordinalOf,
} from "./schema.ts";
import { isVisible, type View, viewIn, viewKeys } from "./view.ts";

const done = { answer: undefined };

/**
 * The checkpoint is no longer answered, nor built upon: deleting the tip leaves no tip, and deleting in the open segment closes it. What it takes in space is freed
 * by a sweep. Silent when it cannot be seen, so that doing it again is harmless.
 */
export async function deleteOne(
  ground: Ground,
  checkpointId: string,
  operation: string | undefined,
): Promise<void> {
  const { context, cache, partition, now } = ground;
  await transact(partition, now, async (): Promise<Decision<void>> => {
    const id = await ownId(ground, checkpointId);
    const keys = [...viewKeys(context), checkpointKey(ordinalOf(id) ?? 0)];
    const first = operation === undefined ? [] : [operation];
    const snapshot = await partition.read([...first, LIFE, ...keys], now);
    const view = viewIn(context, snapshot, now);
    if (operation !== undefined && snapshot.has(operation)) return done;
    const found = deletableIn(view, snapshot, id);
    if (!found) return remembered(ground, view, operation);
    return {
      writes: [
        ...named(ground, operation),
        ...ownership(ground, view.life),
        ...deletionOf(view, found),
      ],
      landed() {
        cache.forget(partition.name);
        cache.dropState(partition.name, id);
      },
    };
  });
}

/** An operation that has found nothing to do is done all the same, where there is a thread to remember it. */
function remembered(ground: Ground, { life }: View, operation: string | undefined): Decision<void> {
  if (!life || operation === undefined) return done;
  return { writes: [...named(ground, operation), lifeCheck(life)], landed: () => undefined };
}

/** The checkpoint that is meant, where it can be seen; also one that cannot be read. */
function deletableIn(view: View, snapshot: Snapshot, id: string): Checkpoint | undefined {
  const record = snapshot.get(checkpointKey(ordinalOf(id) ?? 0));
  const found = record && decodeOrDamaged(record);
  const meant = found && (found.damage !== undefined || found.id === id);
  return meant && isVisible(view, found) ? found : undefined;
}

function named({ context, now }: Ground, operation: string | undefined): readonly Write[] {
  return operation === undefined
    ? []
    : [operationWrite(operation, true, now, context.operationTtlMs)];
}

/** No checkpoint of the thread is answered any more, pinned ones included; the thread lives on. */
export async function deleteAll(ground: Ground, operation: string | undefined): Promise<void> {
  const { partition, now } = ground;
  let sent: { readonly tip: number; readonly life: number } | undefined;
  let lost: typeof sent;
  const plan = async (): Promise<Decision<void>> => {
    const first = operation === undefined ? [] : [operation];
    const snapshot = await partition.read([...first, LIFE, ...viewKeys(ground.context)], now);
    const life = lifeIn(ground.context, snapshot);
    if (!life || (operation !== undefined && snapshot.has(operation))) return done;
    const from = await clearedFrom(ground, snapshot);
    if (lost && (life.revision !== lost.life || from.head.cleared >= lost.tip)) return done;
    sent = { tip: from.head.tip, life: life.revision };
    return planClear(ground, life, from, operation);
  };
  for (let tries = 0; ; tries += 1) {
    try {
      return await transact(partition, now, plan);
    } catch (error) {
      // Whether it landed can be seen, so only an engine that stays away stops the call.
      if (operation !== undefined || !mayHaveLanded(error) || tries === MAX_LOST) throw error;
      lost ??= sent;
    }
  }
}

/** Lost acknowledgements of one call before it gives up. */
const MAX_LOST = 5;

function planClear(
  ground: Ground,
  life: Life,
  { head, repairs, broken }: Cleared,
  operation: string | undefined,
): Decision<void> {
  const { cache, partition } = ground;
  const writes: Write[] = [...named(ground, operation)];
  const isClear = head.cleared === head.tip && !broken && repairs.length === 0;
  if (isClear && operation === undefined) return done;
  const { revision, ...rest } = head;
  const after: Head = {
    ...rest,
    from: undefined,
    open: false,
    expires: undefined,
    cleared: head.tip,
  };
  writes.push(...ownership(ground, life));
  if (!isClear) writes.push({ op: "put", key: HEAD, value: encodeHead(after), expect: revision });
  else if (revision > 0) writes.push({ op: "check", key: HEAD, expect: revision });
  else writes.push({ op: "check", key: HEAD, expect: "absent" });
  writes.push(...repairs);
  return { writes, landed: () => cache.forget(partition.name) };
}

function ownership({ context }: Ground, life: Life | undefined): readonly Write[] {
  return life && context.scope.user !== undefined ? [lifeCheck(life)] : [];
}

function deletionOf(view: View, { ordinal, revision }: Checkpoint): readonly Write[] {
  const writes: Write[] = [{ op: "check", key: checkpointKey(ordinal), expect: revision }];
  const closed = view.head && headWithout(view.head, ordinal);
  if (view.head && closed)
    writes.push({ op: "put", key: HEAD, value: encodeHead(closed), expect: view.head.revision });
  const exceptions = withDeletion(view.exceptions, ordinal);
  writes.push(exceptionsWrite(exceptions, view.exceptionsRevision));
  return writes;
}

/** The head once a checkpoint is deleted: without a tip where it was the tip, closed where it was in the open segment; `undefined` where it stays as it is. */
export function headWithout(head: Head, ordinal: number): Head | undefined {
  if (ordinal === head.tip) return { ...head, from: undefined, open: false, expires: undefined };
  return head.from !== undefined && ordinal >= head.from ? { ...head, open: false } : undefined;
}
