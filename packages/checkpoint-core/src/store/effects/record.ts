import type { Write } from "../../backend/contract.ts";
import { encodeId } from "../../backend/keys.ts";
import { digestOf } from "../../codec/digest.ts";
import { encodeValue, type OpenRecord, type Snapshot } from "../partition.ts";
import { LEASE } from "../life/life.ts";
import type { Effect, EffectFacts, EffectOutcome } from "./contract.ts";

/** An effect's record, `once/<key>`. Its revision while it is begun is the attempt. */
export interface EffectRecord {
  readonly key: string;
  readonly status: "begun" | "again" | "done";
  readonly idempotencyKey: string;
  /** Which call of `once` began it: what a lost acknowledgement is recognised by. */
  readonly token: string;
  /** When the attempt began. */
  readonly at: number;
  /** How long the attempt may be silent. */
  readonly ms: number;
  /** Under which lease it began. */
  readonly by?: { readonly run: string; readonly execution: string; readonly fence: number };
  /** Of one that is no longer begun: the attempt that came to this. */
  readonly attempt?: number;
  /** Of one that is done. */
  readonly outcome?: EffectOutcome;
  /** True where somebody else than the attempt said what came of it. */
  readonly resolved?: boolean;
  /** Of an attempt that was made because somebody said `again`: what stood before it, and stands again if it turns out not to have been done. */
  readonly after?: EffectRecord;
}

/** The sign of life of an attempt, `beat/<key>`: moved while the work goes on, and told when it has thrown. */
export interface BeatRecord {
  /** The attempt's, as in its record: a revision would not be that of a copy. */
  readonly token: string;
  readonly over?: { readonly name: string; readonly message: string };
}

/** A record with its revision. */
export interface StoredEffect {
  readonly record: EffectRecord;
  readonly revision: number;
}

/** What all effects of a thread begin with: nothing that sorts between the first entry of its history and the head, which one scan reads together. */
export const EFFECTS = "once/";

export function effectKey(key: string): string {
  return EFFECTS + encodeId(key);
}

export function beatKey(key: string): string {
  return `beat/${encodeId(key)}`;
}

/** The entry that stores an effect. */
export function effectWrite(record: EffectRecord, expect: "absent" | number): Write {
  return { op: "put", key: effectKey(record.key), value: encodeValue(record), expect };
}

/** The record after somebody's word on the attempt that it is about. */
export function resolvedRecord(
  { record, revision }: StoredEffect,
  outcome: { readonly done: unknown } | "again",
): EffectRecord {
  const { after: _, ...own } = record;
  const facts = { ...own, attempt: revision, resolved: true };
  return outcome === "again"
    ? { ...facts, status: "again" }
    : { ...facts, status: "done", outcome: { value: outcome.done } };
}

/** The record of one that is to be attempted again, whether somebody has said so before or says so now. */
export function againRecord(found: StoredEffect): EffectRecord {
  return found.record.status === "again" ? found.record : resolvedRecord(found, "again");
}

/**
 * What becomes of the beat of an attempt that another word takes the place of: it goes. One that was taken for dead only because it was silent must be as silent still when the word is
 * written.
 */
export function beatWrites(
  { record, revision }: StoredEffect,
  snapshot: Snapshot,
): readonly Write[] {
  const key = beatKey(record.key);
  const beat = snapshot.get(key);
  const isSilent =
    record.status === "begun" &&
    begunStatus({ record, revision }, snapshot, undefined).status === "inFlight";
  if (!beat) return isSilent ? [{ op: "check", key, expect: "absent" }] : [];
  return [{ op: "delete", key, expect: isSilent ? beat.revision : "any" }];
}

export function decodeEffect(record: OpenRecord): StoredEffect {
  return { record: record.value() as EffectRecord, revision: record.revision };
}

/** The effect of a key that a snapshot shows. */
export function effectIn(snapshot: Snapshot, key: string): StoredEffect | undefined {
  const found = snapshot.get(effectKey(key));
  return found && decodeEffect(found);
}

/** The same in every attempt of one life of a thread, and in no other. */
export function idempotencyKeyOf(partition: string, life: number, key: string): string {
  return digestOf([partition, life, key]);
}

/**
 * The effect as callers see it. One that is begun is unknown when its attempt has said that it is over, when another holds the lease under which it began (that one has waited
 * already), or when the caller has waited and nothing has moved: no clock decides. Else it may be in flight.
 */
export function effectOf<T>(
  threadId: string,
  { record, revision }: StoredEffect,
  snapshot: Snapshot,
  seen?: number,
): Effect<T> {
  const { status, attempt = revision, outcome } = record;
  const facts = factsOf(threadId, record, attempt);
  if (status === "done")
    return { ...facts, status: "recorded", ...((outcome ?? {}) as EffectOutcome<T>) };
  if (status === "again") return { ...facts, status };
  return { ...facts, ...begunStatus({ record, revision }, snapshot, seen) };
}

function begunStatus(
  { record: { key, by, ms, token }, revision }: StoredEffect,
  snapshot: Snapshot,
  seen: number | undefined,
): BegunStatus {
  const beat = beatIn(snapshot, key, token);
  if (beat?.record.over) return { status: "unknown", error: beat.record.over };
  const moved = Math.max(revision, beat?.revision ?? 0);
  const takenOver = by !== undefined && snapshot.get(LEASE)?.revision !== by.fence;
  const silent = takenOver || seen === moved;
  return silent ? { status: "unknown" } : { status: "inFlight", seen: moved, ms };
}

type BegunStatus =
  | { readonly status: "unknown"; readonly error?: NonNullable<BeatRecord["over"]> }
  | { readonly status: "inFlight"; readonly seen: number; readonly ms: number };

/** What an effect is called, as callers see it. */
export function factsOf(
  threadId: string,
  { key, idempotencyKey, at, by }: EffectRecord,
  attempt: number,
): EffectFacts {
  return {
    threadId,
    key,
    attempt,
    idempotencyKey,
    begunAt: new Date(at),
    ...(by === undefined ? {} : { runId: by.run, execution: by.execution }),
  };
}

function beatIn(
  snapshot: Snapshot,
  key: string,
  token: string,
): { readonly record: BeatRecord; readonly revision: number } | undefined {
  const found = snapshot.get(beatKey(key));
  const record = found?.value() as BeatRecord | undefined;
  return found && record?.token === token ? { record, revision: found.revision } : undefined;
}
