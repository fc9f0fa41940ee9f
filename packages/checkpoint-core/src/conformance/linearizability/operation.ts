import type { Expectation, HeldRecord, ScanRange } from "../../backend/contract.ts";

/** An entry of a write, with its value as text: every value of a history is written by one operation and by no other. */
export type Entry =
  | {
      readonly op: "put";
      readonly key: string;
      readonly value: string;
      readonly expect: Expectation;
    }
  | { readonly op: "append"; readonly prefix: string; readonly value: string }
  | { readonly op: "delete"; readonly key: string; readonly expect: Expectation }
  | { readonly op: "check"; readonly key: string; readonly expect: Exclude<Expectation, "any"> };

/** What a client asks of a partition. */
export type Call =
  | { readonly verb: "write"; readonly writes: readonly Entry[]; readonly revive: boolean }
  | { readonly verb: "read"; readonly keys: readonly string[] }
  | { readonly verb: "scan"; readonly range: ScanRange }
  | { readonly verb: "drop"; readonly held?: HeldRecord };

/** A record as a client saw it. */
export interface Seen {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
}

/** What a client was told. A refusal is an answer too: it says what was there. */
export type Answer =
  | { readonly told: "written"; readonly revision: number }
  | { readonly told: "records"; readonly records: readonly (Seen | null)[] }
  | { readonly told: "page"; readonly records: readonly Seen[]; readonly next?: string }
  | { readonly told: "dropped" }
  | { readonly told: "conflict"; readonly key: string }
  | { readonly told: "deleted" };

/** An operation with the time at which it began; `end` and `answer` are there exactly when an answer came. Times are comparable over all clients. */
export interface Operation {
  readonly client: string;
  readonly partition: string;
  readonly call: Call;
  readonly start: number;
  readonly end?: number;
  readonly answer?: Answer;
}

/** The records that an answer tells of. */
export function seenIn(answer: Answer | undefined): readonly Seen[] {
  if (answer?.told !== "records" && answer?.told !== "page") return [];
  return answer.records.flatMap((record) => record ?? []);
}

/** The values that a call would store. */
export function valuesOf(call: Call): readonly string[] {
  if (call.verb !== "write") return [];
  return call.writes.flatMap((entry) => ("value" in entry ? [entry.value] : []));
}

/** Whether the call, if it succeeds, adds one to the revision. */
export function addsRevision(call: Call): boolean {
  return call.verb === "write" && call.writes.some(({ op }) => op !== "check");
}

/** The revisions that an operation names: those that it expects, and those that it was told. */
export function revisionsIn({ call, answer }: Operation): readonly number[] {
  const expected = call.verb === "write" ? call.writes.flatMap(expectedBy) : [];
  const held = call.verb === "drop" && call.held ? [call.held.revision] : [];
  const told = answer?.told === "written" ? [answer.revision] : [];
  return [...expected, ...held, ...told, ...seenIn(answer).map(({ revision }) => revision)];
}

function expectedBy(entry: Entry): readonly number[] {
  return "expect" in entry && typeof entry.expect === "number" ? [entry.expect] : [];
}
