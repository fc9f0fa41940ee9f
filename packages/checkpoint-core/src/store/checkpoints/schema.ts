import { ordinalKey } from "../../backend/keys.ts";
import { type Frame, openFrame, sealFrame, sealFrameText } from "../../codec/frame.ts";
import { frameHead } from "../../codec/frameHead.ts";
import { StorageError } from "../../errors.ts";
import { encodeFields, encodeValue, type OpenRecord } from "../partition.ts";
import { fieldsOf, isNumber, isOptional, isOptionalText, isText } from "./fields.ts";
import type { CheckpointHeader } from "./header.ts";
import { decodeHeader } from "./storedHead.ts";

/*
 * The records of a thread's checkpoints, and the short names of their fields. A field that would say nothing is left out.
 *
 *   h             { t: tip, i: id, n?: the tip's name, f?: from, w: weight, o?: 1 = open, s?: since, c?: cleared, e?: expires, a?: put at }
 *   v             { p?: [[ordinal, from]…] = pinned, d?: [ordinal…] = deleted }
 *   c/<ordinal>   a frame (`codec/frame.ts`), whose checksum is over the ids and the bytes:
 *                 its head { i: id, p?: parent's id, f: from, t: written at, n: bytes of the state's text, v?: the state's version, m?: metadata,
 *                 x?: expires, r?: [run's id, life], q?: the caller's own name for it, u?: the parent's, y?: [thread, id] that it was forked from, a?: first revision, where a later write put the record again,
 *                 b?: what the body builds on (1: the parent; else the base's id),
 *                 e?: cursor of the history's last entry at its time (empty: none), only where a copy of the store has brought it };
 *                 its body is the whole state's text, or with `b` the text of the splices.
 */

/*
 *   ci/<name>           the id of the checkpoint that a caller has named so (`names.ts`)
 *   ca/<ordinal>/<key>  { k: key, v: value }, kept beside that checkpoint (`attachments.ts`)
 */

/** The head record's key. */
export const HEAD = "h";
/** The key of the record of exceptions: pins and deletions by id. */
export const EXCEPTIONS = "v";
const CHECKPOINTS = "c/";

/** What the head record says of the thread's checkpoints. */
export interface Head {
  /** Ordinal of the last put. */
  readonly tip: number;
  readonly id: string;
  /** What its caller calls the tip, where that is not the id. */
  readonly name?: string | undefined;
  /** Ordinal of the whole record at which the tip's range starts; `undefined` when the tip was deleted. */
  readonly from?: number | undefined;
  /** Exact bytes of the records `[from..tip]`, keys included. */
  readonly weight: number;
  /** May the next put be a delta? */
  readonly open: boolean;
  /** All at or below are hidden by the retention policy. */
  readonly since: number;
  /** All at or below are gone. */
  readonly cleared: number;
  /** When the tip expires, in milliseconds since 1970. */
  readonly expires?: number | undefined;
  /** When the last put was, by its writer's clock: what the thread tells of its last activity. */
  readonly at?: number | undefined;
}

/** What the record of exceptions says; an ordinal stands in it once. */
export interface Exceptions {
  readonly pinned: readonly { readonly ordinal: number; readonly from: number }[];
  readonly deleted: readonly number[];
}

/** A checkpoint's record as it was read. */
export interface Checkpoint extends CheckpointHeader {
  /** Set where what is stored cannot be read: nothing but the ordinal is known of it, and its body throws this. */
  readonly damage?: StorageError;
  readonly ordinal: number;
  readonly revision: number;
  /** The revision of the write that made it, whatever rewrote it since. */
  readonly firstRevision: number;
  /** The text of the whole state, or of the splices on `base`. */
  body(): string;
}

/** The id of a checkpoint: its ordinal, which orders it, four characters that say of which life it is, and `nonce`, four more. */
export function checkpointId(ordinal: number, life: number, nonce: string): string {
  return `${ordinal}-${lifeMark(life)}${nonce}`;
}

/**
 * False for the id of a checkpoint that the store has given in another life of a thread than `life` (`threads.get` tells it): what it names is gone with that. True for any other, whether there is
 * such a checkpoint or not. Lives that are a multiple of 16,777,216 writes apart look the same.
 */
export function mayBeOfLife(id: string, life: number): boolean {
  const [, mark] = /^\d+-([\w-]{4})[\w-]{4}$/.exec(id) ?? [];
  return mark === undefined || mark === lifeMark(life);
}

/** The last three bytes of the life's number. */
function lifeMark(life: number): string {
  const bytes = Buffer.alloc(MARK_BYTES);
  bytes.writeUIntBE(life % 2 ** (8 * MARK_BYTES), 0, MARK_BYTES);
  return bytes.toString("base64url");
}

const MARK_BYTES = 3;

/** The ordinal in an id of ours; `undefined` for any other string. */
export function ordinalOf(id: string): number | undefined {
  const digits = /^([1-9]\d{0,14})-(?:[\w-]{8}|damaged)$/.exec(id)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The key of a checkpoint's record. */
export function checkpointKey(ordinal: number): string {
  return `${CHECKPOINTS}${ordinalKey(ordinal)}`;
}

/** Is it the key of a checkpoint's record? */
export function isCheckpointKey(key: string): boolean {
  return key.startsWith(CHECKPOINTS);
}

/** The ordinal in a checkpoint's key. */
export function ordinalIn(key: string): number {
  return Number(key.slice(CHECKPOINTS.length));
}

/** The keys of the checkpoints from one ordinal to another, both included. */
export function checkpointRange(
  first: number,
  last: number,
): { readonly from: string; readonly to: string } {
  return { from: checkpointKey(first), to: checkpointKey(last + 1) };
}

export function encodeHead(head: Head): Uint8Array {
  return encodeFields({
    t: head.tip,
    i: head.id,
    n: head.name,
    w: head.weight,
    f: head.from,
    o: head.open ? 1 : undefined,
    s: head.since === 0 ? undefined : head.since,
    c: head.cleared === 0 ? undefined : head.cleared,
    e: head.expires,
    a: head.at,
  });
}

/** The head that a record holds. Throws `CORRUPT`. */
export function decodeHead(record: OpenRecord): Head {
  const fields = fieldsOf(record.value());
  const { t, i, w, o, s = 0, c = 0 } = fields;
  const numbers = isNumber(t) && isNumber(w) && isNumber(s) && isNumber(c);
  const rest = optionalIn(fields);
  if (!numbers || !isText(i) || !rest) throw corrupt(HEAD);
  return { tip: t, id: i, weight: w, open: o === 1, since: s, cleared: c, ...rest };
}

function optionalIn({
  n,
  f,
  e,
  a,
}: Readonly<Record<string, unknown>>): Pick<Head, "name" | "from" | "expires" | "at"> | undefined {
  if (!isOptionalText(n) || !isOptional(f) || !isOptional(e) || !isOptional(a)) return undefined;
  return { name: n, from: f, expires: e, at: a };
}

export function encodeExceptions({ pinned, deleted }: Exceptions): Uint8Array {
  return encodeValue({
    ...(pinned.length === 0 ? {} : { p: pinned.map(({ ordinal, from }) => [ordinal, from]) }),
    ...(deleted.length === 0 ? {} : { d: deleted }),
  });
}

/** The exceptions that a record holds. Throws `CORRUPT`. */
export function decodeExceptions(record: OpenRecord): Exceptions {
  const { p = [], d = [] } = fieldsOf(record.value());
  if (!Array.isArray(p) || !Array.isArray(d) || !d.every(isNumber)) throw corrupt(EXCEPTIONS);
  const pinned = p.map((pair: unknown) => {
    const [ordinal, from] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (!isNumber(ordinal) || !isNumber(from)) throw corrupt(EXCEPTIONS);
    return { ordinal, from };
  });
  return { pinned, deleted: d };
}

/** A checkpoint's record. `firstRevision` is that of the write that made it, where this one only puts it again. */
export function encodeCheckpoint(
  header: CheckpointHeader,
  body: string,
  firstRevision?: number,
): Uint8Array {
  const { id, parentId, from, createdAt, size, version, metadata, expires, run, base } = header;
  const { name, parentName, forkedFrom } = header;
  const head = {
    i: id,
    p: parentId,
    f: from,
    t: createdAt,
    n: size,
    v: version === 0 ? undefined : version,
    m: metadata,
    x: expires,
    r: run && [run.id, run.life],
    a: firstRevision,
    q: name,
    u: parentName,
    y: forkedFrom && [forkedFrom.threadId, forkedFrom.checkpointId],
    b: base === parentId && base !== undefined ? 1 : base,
    e: header.historyEnd,
  };
  // Only metadata may hold what JSON cannot say.
  return metadata === undefined
    ? sealFrameText(JSON.stringify(head), body)
    : sealFrame(given(head), body);
}

/** The fields that say something. */
function given(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The checkpoint that a record holds; its state stays bytes until it is asked for. Throws `CORRUPT`, also for a record that stands under another's key. */
export function decodeCheckpoint(record: OpenRecord): Checkpoint {
  const frame = frameOf(record);
  const header = decodeHeader(fieldsOf(frame.json));
  const ordinal = header && ordinalOf(header.id);
  if (!header || ordinal === undefined || checkpointKey(ordinal) !== record.key)
    throw corrupt(record.key);
  const { revision } = record;
  return {
    ...header,
    ordinal,
    revision,
    firstRevision: header.firstRevision ?? revision,
    body: () => frame.body(),
  };
}

/** The record's frame; where only its beginning was read, without a body. */
function frameOf(record: OpenRecord): Pick<Frame, "json" | "body"> {
  if (!record.start) return openFrame(record.bytes);
  const found = frameHead(record.start());
  if (!found) throw corrupt(record.key);
  return {
    ...found,
    body() {
      throw new StorageError("INVALID_ARGUMENT", `${record.key} was read in part.`);
    },
  };
}

function corrupt(key: string): StorageError {
  return new StorageError("CORRUPT", `What is stored under ${key} is not a record of checkpoints.`);
}
