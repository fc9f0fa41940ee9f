import type { StoredRecord } from "@perdure/checkpoint-core";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { decoded, numberOf, numberValue, partitionKey } from "./item.ts";
import { bytesOf } from "./size.ts";
import { type ConditionalPut, type Item, keyOf } from "./table.ts";

/**
 * How a partition stands: its own item, read or about to be written. It holds the revision, and the small records under keys without a slash, which stores rewrite and check with every write: they cost no item and no
 * unit of their own. Each write of the partition puts this item, expecting it as it was read.
 *
 * | attribute | holds |
 * |---|---|
 * | `r` or `x` | the revision: `r` while the partition lives, `x` when it was dropped |
 * | `l` | which life it is in; absent for the first |
 * | `i` | small records: key → value, revision, and the expiry of those that have one |
 * | `s` | that some record under a key without a slash has an item to itself |
 * | `u` | of a dropped one: not all its records are deleted yet |
 * | `n` | marks of the last writes |
 * | `f` | what the last write that touched items of records did there: its revision, `+` and `-` with their keys |
 */
export interface Standing {
  readonly revision: number;
  readonly dropped: boolean;
  readonly life: number;
  readonly inline: ReadonlyMap<string, StoredRecord>;
  readonly spilled: boolean;
  readonly undeleted: boolean;
  readonly marks: Uint8Array;
  readonly trace?: Trace;
}

/** What a write did to the items of records, for readers that come while the service is still at it. */
export interface Trace {
  readonly revision: number;
  readonly put: readonly string[];
  readonly deleted: readonly string[];
}

/** Bytes of a write's mark, by which a repeated call finds out that the first one was done. */
export const MARK_BYTES = 6;
/** Marks that are kept: so many writes may come between a call and its repetition. */
const MARKS = 4;
/** The partition's own item stays below this as long as it can: up to 1 KiB it costs one unit. */
const ITEM_BYTES = 1024;
/** Room for the revision, the marks and the trace of a usual write, two or three keys, which the small records leave. */
const SPARE_BYTES = 192;

/** A partition that never was. */
export const nothing: Standing = {
  revision: 0,
  dropped: false,
  life: 0,
  inline: new Map(),
  spilled: false,
  undeleted: false,
  marks: new Uint8Array(),
};

/** Whether a record under this key may lie in the partition's own item. */
export function isSmallKey(key: string): boolean {
  return key.length <= 32 && !key.includes("/");
}

/** Whether the small records still fit the partition's own item. */
export function fits(partition: string, inline: ReadonlyMap<string, StoredRecord>): boolean {
  const item = { ...keyOf(partitionKey(partition)), i: inlineValue(inline) };
  return bytesOf(item) <= ITEM_BYTES - SPARE_BYTES;
}

/** How a partition stands by its own item. Throws `CORRUPT`. */
export function standingOf(item: Item | undefined): Standing {
  if (!item) return nothing;
  const { r, x, l, i, s, u, n, f } = item;
  const inline = Object.entries(i?.M ?? {}).map(([key, { L }]) => {
    const [value, revision, expiresAt] = L ?? [];
    return [key, decoded(key, value?.B, revision, expiresAt)] as const;
  });
  return {
    revision: numberOf(r ?? x, "#"),
    dropped: r === undefined,
    life: l === undefined ? 0 : numberOf(l, "#"),
    inline: new Map(inline),
    spilled: s !== undefined,
    undeleted: u !== undefined,
    marks: n?.B ?? new Uint8Array(),
    ...(f?.S === undefined ? {} : { trace: traceOf(f.S) }),
  };
}

/** The put of the partition's own item, which happens only where it is still as it was read. The trace always goes along: without it a reader could not tell a transaction that shows in part. */
export function putStanding(partition: string, before: Standing, after: Standing): ConditionalPut {
  const item: Item = {
    ...keyOf(partitionKey(partition)),
    [after.dropped ? "x" : "r"]: numberValue(after.revision),
    ...(after.life === 0 ? {} : { l: numberValue(after.life) }),
    ...(after.inline.size === 0 ? {} : { i: inlineValue(after.inline) }),
    ...(after.spilled ? { s: { BOOL: true } } : {}),
    ...(after.undeleted ? { u: { BOOL: true } } : {}),
    ...(after.marks.byteLength === 0 ? {} : { n: { B: after.marks } }),
    ...(after.trace ? { f: { S: traceText(after.trace) } } : {}),
  };
  return { item, ...unchanged(before) };
}

/** The condition that the partition's own item is still as it was read. */
function unchanged(before: Standing): Pick<ConditionalPut, "condition" | "values"> {
  if (before.revision === 0) return { condition: "attribute_not_exists(pk)" };
  const attribute = before.dropped ? "x" : "r";
  return {
    condition: `${attribute} = :revision`,
    values: { ":revision": numberValue(before.revision) },
  };
}

/** The marks after one more write. */
export function marked(marks: Uint8Array, mark: Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.concat([mark, marks]).subarray(0, MARKS * MARK_BYTES));
}

/** Whether one of the last writes was the one with this mark. */
export function hasMark({ marks }: Standing, mark: Uint8Array): boolean {
  for (let at = 0; at < marks.byteLength; at += MARK_BYTES)
    if (Buffer.compare(marks.subarray(at, at + MARK_BYTES), mark) === 0) return true;
  return false;
}

/** Whether the marks of all writes since an earlier reading are still there. */
export function remembers(now: Standing, before: Standing): boolean {
  return now.revision - before.revision <= MARKS;
}

/** Whether no write or drop lies between two readings of a partition. */
export function isSame(one: Standing, other: Standing): boolean {
  return (
    one.revision === other.revision && one.dropped === other.dropped && one.life === other.life
  );
}

/** Whether the first is a later reading than the second. */
export function isNewer(one: Standing, other: Standing): boolean {
  if (one.life !== other.life) return one.life > other.life;
  if (one.revision !== other.revision) return one.revision > other.revision;
  return one.dropped && (!other.dropped || (other.undeleted && !one.undeleted));
}

function inlineValue(inline: ReadonlyMap<string, StoredRecord>): AttributeValue.MMember {
  const entries = [...inline].map(([key, { value, revision, expiresAt }]) => {
    const rest = expiresAt === undefined ? [] : [numberValue(expiresAt)];
    const L: AttributeValue[] = [{ B: value }, numberValue(revision), ...rest];
    return [key, { L }] as const;
  });
  return { M: Object.fromEntries(entries) };
}

/** Keys are printable ASCII, so each is a line. */
function traceText({ revision, put, deleted }: Trace): string {
  return [
    String(revision),
    ...put.map((key) => `+${key}`),
    ...deleted.map((key) => `-${key}`),
  ].join("\n");
}

function traceOf(text: string): Trace {
  const [revision, ...lines] = text.split("\n");
  const of = (sign: string): readonly string[] =>
    lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(1));
  return { revision: Number(revision), put: of("+"), deleted: of("-") };
}
