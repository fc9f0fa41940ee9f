import type { Expectation, HeldRecord } from "../../backend/contract.ts";
import { keyAt } from "../../backend/keys.ts";
import { type Claims, claimsOf } from "./claims.ts";
import { type Evidence, evidenceOf } from "./evidence.ts";
import { readsAs, type Records, scansAs } from "./looks.ts";
import {
  addsRevision,
  type Answer,
  type Call,
  type Entry,
  type Operation,
  revisionsIn,
  type Seen,
} from "./operation.ts";
import type { Model } from "./model.ts";

/** A partition as the contract of backends describes it. Never changed: each change makes another. */
export interface PartitionState {
  readonly revision: number;
  readonly dropped: boolean;
  readonly records: Records;
}

/** What has never been written to. */
export const nothing: PartitionState = { revision: 0, dropped: false, records: new Map() };

/** Stands in keys for every value that nobody saw: no answer can tell them apart. */
const UNSEEN = "?";

/** What `keyAt` puts behind a prefix. */
const APPENDED = /\d{20}$/;

type WriteCall = Extract<Call, { readonly verb: "write" }>;
type DropCall = Extract<Call, { readonly verb: "drop" }>;

/**
 * The contract's partition for one history: laws 1 to 4 and 6, without expiry. It knows from the whole history which write has which revision (by its answer, or because one of its
 * values was seen with it), and places no other there; so a search has a choice only where a revision was seen by nobody. With `evidence` it also has no state that contradicts what was
 * seen of how long records lived, and a search that has chosen wrongly turns back at once.
 */
export function partitionModel(
  operations: readonly Operation[],
  initial: PartitionState = nothing,
  { evidence = false }: { readonly evidence?: boolean } = {},
): Model<Operation, PartitionState> {
  const claims = claimsOf(operations);
  const proof = evidence ? evidenceOf(operations, (one) => claims.of(one)) : undefined;
  // Behind the last revision that anybody names, nobody can tell one from another, nor the records with them, nor how many were appended.
  const last = Math.max(0, ...operations.flatMap(revisionsIn));
  return {
    initial,
    next(state, operation) {
      const after = next(state, operation, claims);
      if (!proof || !after || after === state) return after;
      return agrees(state, after, proof) ? after : undefined;
    },
    quiet,
    keyOf(state) {
      const records = [...state.records.values()].map(({ key, value, revision }) =>
        revision > last ? key.replace(APPENDED, "") : `${key}=${shown(value, claims)}@${revision}`,
      );
      const revision = Math.min(state.revision, last + 1);
      return `${revision}${state.dropped ? "!" : ""}:${[...new Set(records)].toSorted().join(" ")}`;
    },
    pickiness: ({ call }) =>
      call.verb === "write" ? call.writes.reduce((sum, entry) => sum + pickinessOf(entry), 0) : 0,
    alike: ({ call }) =>
      JSON.stringify(call, (name, value: unknown) =>
        name === "value" && typeof value === "string" ? shown(value, claims) : value,
      ),
  };
}

/** Reads, refusals, and writes of checks alone. A drop that was answered may have been one of nothing. */
export function quiet({ call, answer }: Operation): boolean {
  if (call.verb === "read" || call.verb === "scan") return true;
  if (answer?.told === "conflict" || answer?.told === "deleted") return true;
  return call.verb === "write" && !addsRevision(call);
}

/** Whether a change takes away no record that was still there later, and leaves none that was gone by then. */
function agrees(before: PartitionState, after: PartitionState, proof: Evidence): boolean {
  // A drop adds no revision: what was seen at this one may have been seen before it.
  const last = after.dropped ? after.revision + 1 : after.revision;
  for (const { key, revision } of before.records.values())
    if (after.records.get(key)?.revision !== revision && proof.lasts(key, revision) >= last)
      return false;
  for (const { key, revision } of after.records.values())
    if (proof.gone(key, revision) <= after.revision) return false;
  return true;
}

function next(
  state: PartitionState,
  operation: Operation,
  claims: Claims,
): PartitionState | undefined {
  const { call, answer } = operation;
  if (call.verb === "drop") return drop(state, call, answer);
  if (call.verb === "write") return write(state, operation, call, claims);
  if (!answer) return state;
  const { records } = state;
  const told =
    call.verb === "read"
      ? readsAs(records, call.keys, answer)
      : scansAs(records, call.range, answer);
  return told ? state : undefined;
}

/** What never existed is not dropped; whether a drop held to a record of it is a conflict, the contract leaves open. */
function drop(
  state: PartitionState,
  { held }: DropCall,
  answer: Answer | undefined,
): PartitionState | undefined {
  const { revision, dropped } = state;
  const moved = held !== undefined && isMoved(state, held);
  if (answer && !dropsAs(answer, held?.key, { moved, never: revision === 0 })) return undefined;
  return dropped || moved || revision === 0
    ? state
    : { revision, dropped: true, records: new Map() };
}

function dropsAs(
  answer: Answer,
  held: string | undefined,
  { moved, never }: { readonly moved: boolean; readonly never: boolean },
): boolean {
  if (answer.told === "conflict") return moved && answer.key === held;
  return answer.told === "dropped" && (never || !moved);
}

function isMoved({ dropped, records }: PartitionState, { key, revision }: HeldRecord): boolean {
  return !dropped && records.get(key)?.revision !== revision;
}

function write(
  state: PartitionState,
  operation: Operation,
  call: WriteCall,
  claims: Claims,
): PartitionState | undefined {
  const { answer } = operation;
  const refusal = refusalOf(state, call);
  if (refusal) return !answer || refused(answer, refusal) ? state : undefined;
  const revision = addsRevision(call) ? state.revision + 1 : state.revision;
  if (answer && !(answer.told === "written" && answer.revision === revision)) return undefined;
  if (revision === state.revision) return state;
  if (!claims.allow(operation, revision)) return undefined;
  return { revision, dropped: false, records: written(state.records, call, revision) };
}

function refused(answer: Answer, refusal: Answer): boolean {
  if (refusal.told !== "conflict") return answer.told === refusal.told;
  return answer.told === "conflict" && answer.key === refusal.key;
}

/** Why the write is refused in this state: what was dropped first, then the first expectation in list order. */
function refusalOf(state: PartitionState, { writes, revive }: WriteCall): Answer | undefined {
  if (state.dropped && !revive) return { told: "deleted" };
  for (const entry of writes)
    if (entry.op !== "append" && !holds(state.records.get(entry.key), entry.expect))
      return { told: "conflict", key: entry.key };
  return undefined;
}

function holds(record: Seen | undefined, expect: Expectation): boolean {
  if (expect === "any") return true;
  if (expect === "absent") return record === undefined;
  return expect === "present" ? record !== undefined : record?.revision === expect;
}

function written(before: Records, { writes }: WriteCall, revision: number): Records {
  const records = new Map(before);
  for (const [index, entry] of writes.entries()) {
    if (entry.op === "check") continue;
    if (entry.op === "delete") {
      records.delete(entry.key);
      continue;
    }
    const key = entry.op === "put" ? entry.key : keyAt(entry.prefix, revision, index);
    records.set(key, { key, value: entry.value, revision });
  }
  return records;
}

/** A record of one revision is there for a while, any record more often. */
function pickinessOf(entry: Entry): number {
  if (entry.op === "append" || entry.expect === "any") return 0;
  return typeof entry.expect === "number" ? 2 : 1;
}

function shown(value: string, claims: Claims): string {
  return claims.seen(value) ? value : UNSEEN;
}
