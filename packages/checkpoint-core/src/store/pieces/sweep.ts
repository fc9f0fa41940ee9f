import type { Page, StoredRecord, Write } from "../../backend/contract.ts";
import { keyAt, prefixRange } from "../../backend/keys.ts";
import { spillOf } from "../../codec/header.ts";
import { ConflictError } from "../../errors.ts";
import { unpack } from "../sealing/seal.ts";
import { decodeText } from "../../codec/text.ts";
import { openEnvelope } from "../../codec/envelope.ts";
import type { Source } from "./gather.ts";
import { decodeUpload, pieceKey, type Upload, UPLOADS, uploadKey } from "./records.ts";
import { putRecord, sealUpload } from "./upload.ts";

/** What a sweep left. */
export interface Swept {
  /** Uploads that stand: those of values, and those that are too young to be judged. */
  readonly left: number;
  /** Some of them belong to no value, and are too young to be freed. */
  readonly young: boolean;
  /** There was no time to look at all of them. */
  readonly more: boolean;
}

/** How long an upload may take before it counts as given up, and how far the clocks of processes may differ. */
export const GRACE_MS: number = 60 * 60 * 1000;
const PAGE = 100;

/** An upload as it stands, with the revision of its record. */
interface Standing extends Upload {
  readonly revision: number;
}

/**
 * Frees the pieces that no value refers to: those of values that were replaced or deleted, and of writes that were given up. An upload is first marked, in a write that expects its record as
 * it was read: from then on a write that would refer to it conflicts, and any sweep may finish what this one began. Its record goes last, so that none of its pieces is lost sight of.
 */
export async function sweepPieces(
  source: Source,
  now: number,
  hasTime: () => boolean = () => true,
): Promise<Swept> {
  let left = 0;
  let young = false;
  const damaged: unknown[] = [];
  for await (const record of uploadsOf(source, now)) {
    if (!hasTime()) return { left: left + 1, young, more: true };
    const upload = openUpload(source, record, now, damaged);
    if (!upload) continue;
    const verdict = await judge(source, upload, now);
    if (verdict === "given up" && (await free(source, upload, now))) continue;
    left += 1;
    young ||= verdict !== "stands";
  }
  if (damaged.length > 0) throw damaged[0];
  return { left, young, more: false };
}

async function* uploadsOf(
  { backend, name, seal }: Source,
  now: number,
): AsyncGenerator<StoredRecord, void, undefined> {
  const { from, to } = prefixRange(UPLOADS);
  for (let next: string | undefined = from; next !== undefined; ) {
    const page: Page = await backend.scan(name, { from: next, to, limit: PAGE }, now);
    await seal.findKeys(page.records.map(({ value }) => value));
    yield* page.records;
    next = page.next;
  }
}

/** The upload that a record holds. One that cannot be read hides nothing but itself. */
function openUpload(
  { seal }: Source,
  { key, value, revision }: StoredRecord,
  now: number,
  damaged: unknown[],
): Standing | undefined {
  try {
    const text = openEnvelope(unpack(seal.open(value, key, now)));
    return { ...decodeUpload(key.slice(UPLOADS.length), decodeText(text)), revision };
  } catch (error) {
    damaged.push(error);
    return undefined;
  }
}

/** An upload that no value refers to may be one that is under way, until it is too old for that. */
async function judge(
  source: Source,
  upload: Standing,
  now: number,
): Promise<"stands" | "may stand" | "given up"> {
  if (upload.freeing) return "given up";
  if (await isReferred(source, upload, now)) return "stands";
  return upload.begunAt + GRACE_MS > now ? "may stand" : "given up";
}

/** Whether the value stands that the upload was made for. One that has just expired may still be read by a process whose clock is behind. */
async function isReferred(
  { backend, name }: Source,
  upload: Standing,
  now: number,
): Promise<boolean> {
  const { owner, index, revision } = upload;
  const key = index === undefined ? owner : keyAt(owner, revision, index);
  const [record] = await backend.read(name, [key], now - GRACE_MS);
  return record !== undefined && spillOf(record.value)?.upload === upload.id;
}

/** The upload is gone; false where it changed in between, so that it is to be judged anew. */
async function free(source: Source, upload: Standing, now: number): Promise<boolean> {
  const { backend, name } = source;
  const { maxWrites } = backend.limits;
  const key = uploadKey(upload.id);
  const pieces = Array.from({ length: upload.pieces }, (_, number): Write => {
    return { op: "delete", key: pieceKey(upload.id, number), expect: "any" };
  });
  const most = maxWrites - 1;
  try {
    let expect = upload.revision;
    if (pieces.length > most && !upload.freeing) {
      const ready = await source.seal.prepare();
      const marked = sealUpload(source.seal, ready, { ...upload, freeing: true });
      expect = (await backend.write(name, { writes: [putRecord(marked, expect)], now })).revision;
    }
    for (let start = 0; start + most < pieces.length; start += most) {
      const batch = pieces.slice(start, start + most);
      await backend.write(name, { writes: [{ op: "check", key, expect }, ...batch], now });
    }
    const last = pieces.slice(Math.floor((pieces.length - 1) / most) * most);
    await backend.write(name, { writes: [{ op: "delete", key, expect }, ...last], now });
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}
