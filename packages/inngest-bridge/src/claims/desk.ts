import { isStorageError, type Store, StorageError } from "@perdure/checkpoint-core";
import type { TextCache } from "./cache.ts";
import { type ClaimPlace, type Reference, referenceTo, sealOf } from "./envelope.ts";

/** Where one run's large outputs are left and asked for. */
export interface ClaimDesk {
  /** The text is stored as the step's output, once: the reference is to what is stored, another attempt's where that came first. */
  leave(
    step: string,
    text: string,
  ): Promise<{ readonly reference: Reference; readonly text: string }>;
  /** The texts of these references, read together. Throws `FORBIDDEN` for one that was not sealed for this run and step, `DELETED` for one whose time is over. */
  ask(wanted: ReadonlyMap<string, Reference>): Promise<ReadonlyMap<string, string>>;
}

/** What a desk is for. */
export interface DeskOptions {
  readonly store: Store;
  readonly run: string;
  readonly threadId: string | undefined;
  readonly ttlMs: number;
  readonly cache: TextCache;
}

/** A part of an output, as it stands in the run's stream. */
interface Part {
  readonly step: string;
  readonly part: number;
  readonly text: string;
}

/** UTF-16 units of a part: what a record of every engine holds, also where each takes three bytes. */
const PART_UNITS = 512 * 1024;
/** Inngest itself takes 4 MiB of a step; more than this in one write no engine is asked for. */
const MAX_BYTES = 12 * 1024 * 1024;
/** Parts of one read: the store ends a page at 8 MB. */
const PAGE = 256;

/** The desk of a run. Its outputs stand in one stream, whose name is made from the run: no reference says where to read but within it. */
export function claimDesk({ store, run, threadId, ttlMs, cache }: DeskOptions): ClaimDesk {
  const streamId = `claims/${run}`;
  const { tenant } = store.scope;
  const keyOf = (step: string, seal: string): string =>
    JSON.stringify([store.scope, run, step, seal]);
  const read = async (from: number, to: number): Promise<ReadonlyMap<number, Part>> => {
    const parts = new Map<number, Part>();
    for (let at = from; at < to; ) {
      const page = await store.streams.read<Part>(streamId, at, Math.min(PAGE, to - at));
      if (page.events.length === 0) break;
      for (const { index, value } of page.events) parts.set(index, value);
      at = page.next;
    }
    return parts;
  };
  return {
    async leave(step, text) {
      const bytes = Buffer.byteLength(text);
      if (bytes > MAX_BYTES)
        throw new StorageError(
          "TOO_LARGE",
          `A step's output has ${bytes} bytes, more than ${MAX_BYTES}.`,
        );
      const { first, next, replayed } = await store.streams.append(streamId, partsOf(step, text), {
        operationId: `claim/${step}`,
        ttlMs,
        ...(threadId === undefined ? {} : { threadId }),
      });
      const place: ClaimPlace = { tenant, run, step, first, next };
      const stored = replayed ? joined(place, await read(first, next)) : text;
      if (stored === undefined) throw refused(step);
      const reference = referenceTo(place, stored);
      cache.set(keyOf(step, reference.seal), stored);
      return { reference, text: stored };
    },
    async ask(wanted) {
      const found = new Map<string, string>();
      const missing: [string, Reference][] = [];
      for (const [step, reference] of wanted) {
        if (reference.run !== run || reference.step !== step) throw refused(step);
        const known = cache.get(keyOf(step, reference.seal));
        if (known === undefined) missing.push([step, reference]);
        else found.set(step, known);
      }
      const parts = await readRanges(missing, read);
      for (const [step, { first, next, seal }] of missing) {
        const place: ClaimPlace = { tenant, run, step, first, next };
        if (!parts.has(first)) throw gone();
        const text = joined(place, parts);
        if (text === undefined || sealOf(place, text) !== seal) throw refused(step);
        cache.set(keyOf(step, seal), text);
        found.set(step, text);
      }
      return found;
    },
  };
}

/** What stands between the references, in as few reads as their places allow. */
async function readRanges(
  missing: readonly (readonly [string, Reference])[],
  read: (from: number, to: number) => Promise<ReadonlyMap<number, Part>>,
): Promise<ReadonlyMap<number, Part>> {
  const parts = new Map<number, Part>();
  for (const { first, next } of joinedRanges(missing.map(([, reference]) => reference)))
    for (const [index, part] of await readOrExpired(read, first, next)) parts.set(index, part);
  return parts;
}

interface Range {
  readonly first: number;
  readonly next: number;
}

/** The ranges, those that touch as one. */
function joinedRanges(ranges: readonly Range[]): readonly Range[] {
  const joint: Range[] = [];
  for (const { first, next } of ranges.toSorted((one, other) => one.first - other.first)) {
    const last = joint.at(-1);
    if (last && first <= last.next)
      joint[joint.length - 1] = { first: last.first, next: Math.max(last.next, next) };
    else joint.push({ first, next });
  }
  return joint;
}

async function readOrExpired(
  read: (from: number, to: number) => Promise<ReadonlyMap<number, Part>>,
  from: number,
  to: number,
): Promise<ReadonlyMap<number, Part>> {
  try {
    return await read(from, to);
  } catch (error) {
    if (!isStorageError(error) || error.code !== "DELETED") throw error;
    throw gone(error);
  }
}

function gone(cause?: unknown): StorageError {
  return new StorageError(
    "DELETED",
    "A step's output is gone: its lifetime is over, or its thread was deleted.",
    cause === undefined ? {} : { cause },
  );
}

function partsOf(step: string, text: string): readonly Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < text.length; at += PART_UNITS)
    parts.push({ step, part: parts.length, text: text.slice(at, at + PART_UNITS) });
  return parts;
}

/** The whole of a step's output; `undefined` where something else stands at its place. */
function joined(
  { step, first, next }: ClaimPlace,
  parts: ReadonlyMap<number, Part>,
): string | undefined {
  let text = "";
  for (let index = first; index < next; index += 1) {
    const part = parts.get(index);
    if (part?.step !== step || part.part !== index - first) return undefined;
    text += part.text;
  }
  return text;
}

function refused(step: string): StorageError {
  return new StorageError(
    "FORBIDDEN",
    `The reference in the output of the step ${step} was not sealed for this run and this step. A run that was started again from the middle must be started again from its beginning.`,
  );
}
