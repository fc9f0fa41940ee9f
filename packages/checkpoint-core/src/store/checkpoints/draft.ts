import type { Write } from "../../backend/contract.ts";
import { isReadable, textOfSplices } from "../../codec/change.ts";
import { textOf } from "../../codec/image.ts";
import { childOf } from "../../codec/splice.ts";
import { StorageError } from "../../errors.ts";
import { nonce, type StoreContext } from "../context.ts";
import type { Draft } from "../part.ts";
import { valueBound } from "../pieces/layout.ts";
import { type Life, lifeCheck } from "../life/life.ts";
import type { CheckpointCache } from "./cache.ts";
import type { CheckpointHeader, Origin } from "./header.ts";
import { nameWrite } from "./names.ts";
import { raisedSince } from "./retention.ts";
import {
  checkpointId,
  checkpointKey,
  encodeCheckpoint,
  encodeHead,
  HEAD,
  type Head,
  ordinalOf,
} from "./schema.ts";
import { isInSegment } from "./segment.ts";
import type { PlannedState } from "./source.ts";

/** What is to be written of a checkpoint, whatever it will stand on. */
export interface NewCheckpoint {
  /** What its caller calls it. */
  readonly name?: string | undefined;
  readonly forkedFrom?: Origin | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly expires?: number | undefined;
  readonly run?: { readonly id: string; readonly life: number } | undefined;
  readonly now: number;
}

/** Where it is to stand: all of it as it was read, and held to that by the write. */
export interface Place {
  readonly partition: string;
  readonly life: Life;
  /** The head record and its revision; 0 where there is none. */
  readonly head: Head;
  readonly revision: number;
  readonly parentId: string | undefined;
  readonly parentName: string | undefined;
  /** The revision of a record that says the new one's name and means one that is gone; 0: there is none. */
  readonly nameSeen: number;
  readonly state: PlannedState;
}

/** The entries of a new checkpoint, and where it will stand. */
export interface CheckpointDraft extends Draft<string> {
  readonly id: string;
  readonly ordinal: number;
  readonly from: number;
}

/**
 * The entries that put a checkpoint: the head by the revision that was seen, which proves that the base is there, then the record. A delta builds on any record of the
 * open segment, as long as what is to be read for it weighs at most twice its state; anything else is written whole and starts a segment.
 */
export function draftCheckpoint(
  context: StoreContext,
  cache: CheckpointCache,
  place: Place,
  checkpoint: NewCheckpoint,
): CheckpointDraft {
  const { head, life, partition, revision, parentId, nameSeen } = place;
  const { name } = checkpoint;
  const { image } = place.state;
  const ordinal = head.tip + 1;
  const id = checkpointId(ordinal, life.revision, nonce(3));
  const { value, from, weight } = recordOf(place, headerOf(place, checkpoint, id, ordinal));
  checkSize(context, value.byteLength);
  const after: Head = {
    tip: ordinal,
    id,
    name,
    from,
    weight,
    open: true,
    since: raisedSince(head.since, ordinal, context.keepLast),
    cleared: head.cleared,
    expires: checkpoint.expires,
    at: checkpoint.now,
  };
  const expect = revision === 0 ? "absent" : revision;
  const writes: Write[] = [
    { op: "put", key: HEAD, value: encodeHead(after), expect },
    { op: "put", key: checkpointKey(ordinal), value, expect: "absent" },
  ];
  if (name !== undefined) writes.push(nameWrite(name, id, nameSeen));
  if (context.scope.user !== undefined || revision === 0) writes.unshift(lifeCheck(life));
  return {
    id,
    ordinal,
    from,
    writes,
    landed(landedAt) {
      cache.keepHead(partition, { head: after, revision: landedAt, life });
      // The next put of a line builds on this one; a branch may need its parent again.
      if (parentId !== undefined && parentId === head.id) cache.dropState(partition, parentId);
      const { expires } = checkpoint;
      const { bytes: size } = image;
      cache.keepState(partition, id, { image, size, expires, name, life: life.revision });
      return name ?? id;
    },
  };
}

function checkSize({ backend }: StoreContext, bytes: number): void {
  const most = valueBound(backend.limits);
  if (bytes > most)
    throw new StorageError(
      "TOO_LARGE",
      `A checkpoint of ${bytes} bytes is over the ${most} that ${backend.name} holds of a value.`,
    );
}

function headerOf(
  { state: { image }, parentId, parentName }: Place,
  { name, forkedFrom, metadata, expires, run, now }: NewCheckpoint,
  id: string,
  from: number,
): CheckpointHeader {
  const version = childOf(image.root, "version");
  return {
    id,
    name,
    parentId,
    parentName,
    forkedFrom,
    from,
    createdAt: now,
    size: image.bytes,
    version: Number.isSafeInteger(version) ? Number(version) : 0,
    metadata,
    expires,
    run,
  };
}

interface Sealed {
  readonly value: Uint8Array;
  readonly from: number;
  /** Of the range that ends with this record. */
  readonly weight: number;
}

function recordOf(place: Place, header: CheckpointHeader): Sealed {
  const delta = deltaOf(place, header);
  if (delta && delta.weight <= 2 * header.size && delta.value.byteLength < header.size)
    return delta;
  const { text, image } = place.state;
  const value = encodeCheckpoint(header, text ?? textOf(image));
  return { value, from: header.from, weight: weightOf(header.id, value) };
}

function deltaOf(
  { head, parentId, state: { splices } }: Place,
  header: CheckpointHeader,
): Sealed | undefined {
  const { from } = head;
  if (!splices || parentId === undefined || from === undefined || !isInSegment(head, parentId))
    return undefined;
  const text = textOfSplices(splices);
  if (!isReadable(text)) return undefined;
  const value = encodeCheckpoint({ ...header, from, base: parentId }, text);
  return { value, from, weight: head.weight + weightOf(header.id, value) };
}

function weightOf(id: string, value: Uint8Array): number {
  return checkpointKey(ordinalOf(id) ?? 0).length + value.byteLength;
}
