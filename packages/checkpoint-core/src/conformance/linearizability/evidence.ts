import type { ScanRange } from "../../backend/contract.ts";
import { addsRevision, type Entry, type Operation, type Seen } from "./operation.ts";
import { type Window, windowsOf } from "./windows.ts";

/** What a history proves of how long records lived. Every order keeps to it, so a search that would not can turn back at once instead of much later. */
export interface Evidence {
  /** The last revision of the partition at which this record was surely still there; its own where nobody saw it later. */
  lasts(key: string, revision: number): number;
  /** The first revision of the partition at which this record is surely gone; infinite where nobody missed it. */
  gone(key: string, revision: number): number;
}

/** Somebody looked where a key stands, and found the record of that revision, or none. */
interface Look extends Window {
  readonly covers: (key: string) => boolean;
  readonly found: ReadonlyMap<string, number>;
}

/** Reads it out of the answers. `revisionOf` is what the history says of a write's revision. */
export function evidenceOf(
  operations: readonly Operation[],
  revisionOf: (operation: Operation) => number | undefined,
): Evidence {
  const windows = windowsOf(operations, revisionOf);
  const looks = operations.flatMap((one) => looksOf(one, windows.get(one)));
  const lasting = new Map<string, number>();
  for (const { found, low } of looks)
    for (const [key, revision] of found) {
      const record = `${key}@${revision}`;
      lasting.set(record, Math.max(lasting.get(record) ?? revision, low));
    }
  const missed = new Map<string, number>();
  // A drop takes records away in the middle of a revision.
  const late = operations.some(({ call }) => call.verb === "drop") ? 1 : 0;
  return {
    lasts: (key, revision) => lasting.get(`${key}@${revision}`) ?? revision,
    gone(key, revision) {
      const record = `${key}@${revision}`;
      const known = missed.get(record);
      if (known !== undefined) return known;
      let first = Number.POSITIVE_INFINITY;
      for (const look of looks)
        if (
          look.high + late < first &&
          look.low >= revision &&
          look.found.get(key) !== revision &&
          look.covers(key)
        )
          first = look.high + late;
      missed.set(record, first);
      return first;
    },
  };
}

function looksOf({ call, answer }: Operation, window: Window | undefined): readonly Look[] {
  if (!window || !answer) return [];
  if (call.verb === "read" && answer.told === "records")
    return [
      { ...window, covers: (key) => call.keys.includes(key), found: foundIn(answer.records) },
    ];
  if (call.verb === "scan" && answer.told === "page")
    return [
      { ...window, covers: covering(call.range, answer.next), found: foundIn(answer.records) },
    ];
  if (call.verb !== "write" || answer.told !== "written") return [];
  // Its expectations held just before it.
  const before = addsRevision(call) ? answer.revision - 1 : answer.revision;
  return call.writes.flatMap((entry) => expectedBy(entry, before));
}

/** The keys that a page tells of: up to where it says to go on. */
function covering({ from, to, reverse }: ScanRange, next: string | undefined): Look["covers"] {
  const low = reverse ? (next ?? from) : from;
  const high = reverse ? to : (next ?? to);
  return (key) => low <= key && key < high;
}

function expectedBy(entry: Entry, before: number): readonly Look[] {
  if (entry.op === "append" || entry.expect === "any" || entry.expect === "present") return [];
  const { key, expect } = entry;
  const found = new Map(expect === "absent" ? [] : [[key, expect]]);
  return [{ low: before, high: before, covers: (other) => other === key, found }];
}

function foundIn(records: readonly (Seen | null)[]): ReadonlyMap<string, number> {
  return new Map(records.flatMap((one) => (one ? [[one.key, one.revision] as const] : [])));
}
