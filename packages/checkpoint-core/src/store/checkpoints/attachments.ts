import type { Write } from "../../backend/contract.ts";
import { encodeId, ordinalKey, prefixRange } from "../../backend/keys.ts";
import { encodeText } from "../../codec/text.ts";
import { StorageError } from "../../errors.ts";
import { doneIn, type Operation, operationKeys, operationWrites } from "../operation.ts";
import { encodeValue, type OpenRecord, type Partition } from "../partition.ts";
import { lifeCheck } from "../life/life.ts";
import { type Decision, transact } from "../transact.ts";
import type { Attachment } from "./contract.ts";
import { exceptionsCheck } from "./exceptions.ts";
import type { Ground } from "./ground.ts";
import { ownId } from "./names.ts";
import { type Checkpoint, checkpointKey, ordinalOf } from "./schema.ts";
import { type View, viewIn, viewKeys, visibleIn } from "./view.ts";

const ATTACHMENTS = "ca/";
/** Bytes of one attachment's text: they are small values, read all at once. */
const MAX_ATTACHMENT_BYTES = 1024 * 1024;
/** Records of one page. */
const PAGE_RECORDS = 100;

/** The ordinal in an attachment's key. */
export function attachmentOrdinal(key: string): number {
  return Number(key.slice(ATTACHMENTS.length).split("/", 1)[0]);
}

/** The key of one attachment. */
export function attachmentKey(ordinal: number, key: string): string {
  return `${ATTACHMENTS}${ordinalKey(ordinal)}/${encodeId(key)}`;
}

/** An attachment as the bytes of its record. Throws `UNSUPPORTED_VALUE`, and `TOO_LARGE` above 1 MiB of text. */
export function encodeAttachment({ key, value }: Attachment): Uint8Array {
  const bytes = Buffer.byteLength(encodeText(value));
  if (bytes > MAX_ATTACHMENT_BYTES)
    throw new StorageError(
      "TOO_LARGE",
      `An attachment of ${bytes} bytes is over ${MAX_ATTACHMENT_BYTES}.`,
    );
  return encodeValue({ k: key, v: value });
}

/** What `attach` was given, as copies of our own. */
export interface AttachCall extends Ground {
  readonly checkpointId: string;
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly ifAbsent: boolean;
  readonly operation: Operation | undefined;
}

/** The value stands beside the checkpoint; see `Checkpointer.attach`. */
export async function attachTo(call: AttachCall): Promise<void> {
  const { context, partition, now, operation, bytes } = call;
  await transact(partition, now, async (): Promise<Decision<void>> => {
    const id = await ownId(call, call.checkpointId);
    const ordinal = ordinalOf(id) ?? 0;
    const at = attachmentKey(ordinal, call.key);
    const keys = [...operationKeys(operation), ...viewKeys(context), checkpointKey(ordinal), at];
    const snapshot = await partition.read(keys, now);
    const view = viewIn(context, snapshot, now);
    if (doneIn(snapshot, operation)) return { answer: undefined };
    const found = visibleIn(view, snapshot.get(checkpointKey(ordinal)), id);
    if (!found) throw noCheckpoint(call.checkpointId);
    if (call.ifAbsent && snapshot.has(at)) return { answer: undefined };
    const expect = snapshot.get(at)?.revision ?? "absent";
    const put: Write = { op: "put", key: at, value: bytes, expect };
    const done = operationWrites(operation, true, now, context.operationTtlMs);
    return { writes: [...done, ...standing(call, view, found), put], landed: () => undefined };
  });
}

/** Holds a write to the checkpoint as it was seen: neither deleted nor freed since. */
function standing({ context }: Ground, view: View, { ordinal, revision }: Checkpoint): Write[] {
  const { life } = view;
  const owner = life && context.scope.user !== undefined ? [lifeCheck(life)] : [];
  const check: Write = { op: "check", key: checkpointKey(ordinal), expect: revision };
  return [...owner, check, exceptionsCheck(view.exceptionsRevision)];
}

/** What is kept beside a checkpoint, in the order of the keys' UTF-16 units. Throws `NOT_FOUND` for one that cannot be seen. */
export async function readAttachments(
  ground: Ground,
  checkpointId: string,
): Promise<readonly Attachment[]> {
  const { context, partition, now } = ground;
  const id = await ownId(ground, checkpointId);
  const key = checkpointKey(ordinalOf(id) ?? 0);
  const look = async (): Promise<Checkpoint> => {
    const snapshot = await partition.read([...viewKeys(context), key], now);
    const found = visibleIn(viewIn(context, snapshot, now), snapshot.get(key), id);
    if (!found) throw noCheckpoint(checkpointId);
    return found;
  };
  const { ordinal } = await look();
  const found: Attachment[] = [];
  for await (const record of attachmentsBetween(partition, ordinal, ordinal, now))
    found.push(decode(record));
  // Freed while it was read, it would seem to have fewer.
  await look();
  return found.toSorted((one, other) => (one.key < other.key ? -1 : 1));
}

/** The records of what is kept beside the checkpoints from one ordinal to another, both included. */
export async function* attachmentsBetween(
  partition: Partition,
  first: number,
  last: number,
  now: number,
): AsyncGenerator<OpenRecord, void, undefined> {
  const from = `${ATTACHMENTS}${ordinalKey(first)}/`;
  const { to } = prefixRange(`${ATTACHMENTS}${ordinalKey(last)}/`);
  for (let next: string | undefined = from; next !== undefined; ) {
    const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(
      { from: next, to, limit: PAGE_RECORDS },
      now,
    );
    yield* page.records;
    next = page.next;
  }
}

function decode(record: OpenRecord): Attachment {
  const value = record.value();
  const fields = typeof value === "object" && value !== null ? value : {};
  const { k, v } = fields as { readonly k?: unknown; readonly v?: unknown };
  if (typeof k !== "string" || !Object.hasOwn(fields, "v"))
    throw new StorageError("CORRUPT", `What is stored under ${record.key} is no attachment.`);
  return { key: k, value: v };
}

function noCheckpoint(id: string): StorageError {
  return new StorageError("NOT_FOUND", `There is no checkpoint ${id.slice(0, 100)}.`);
}
