import type { Expectation, Write } from "../../backend/contract.ts";
import { encodeValue, type Partition, type Snapshot } from "../partition.ts";

/**
 * How long parts of the holder's work have said that they will be silent, each until it speaks again. A record of its own, which only they write: whatever else is written under the lease moves the
 * pulse, and would shorten it there.
 */
export const SILENCE = "silence";

/** What the record holds: of one lease, by part. That of an earlier lease says nothing. */
interface SilenceRecord {
  readonly fence: number;
  readonly parts: Readonly<Record<string, number>>;
}

/** The silences of a lease, as a snapshot shows them. */
interface Silences {
  readonly parts: ReadonlyMap<string, number>;
  readonly expect: Expectation;
}

function silencesIn(snapshot: Snapshot, fence: number): Silences {
  const found = snapshot.get(SILENCE);
  if (!found) return { parts: new Map(), expect: "absent" };
  const record = found.value() as SilenceRecord;
  const parts = record.fence === fence ? Object.entries(record.parts) : [];
  return { parts: new Map(parts), expect: found.revision };
}

/** The part will be silent for so long; without a time it speaks again. None where nothing changes. */
export function silenceWrites(
  snapshot: Snapshot,
  fence: number,
  { part, ms }: { readonly part: string; readonly ms: number | undefined },
): readonly Write[] {
  const { parts, expect } = silencesIn(snapshot, fence);
  if (parts.get(part) === ms) return [];
  const others = [...parts].filter(([name]) => name !== part);
  const after = Object.fromEntries(ms === undefined ? others : [...others, [part, ms]]);
  const value = encodeValue({ fence, parts: after } satisfies SilenceRecord);
  return [{ op: "put", key: SILENCE, value, expect }];
}

/** How long the holder of a lease may be silent: as it said last, or longer, as some part of its work did. To be read behind the pulse, which moves with each of these. */
export async function longestSilence(
  partition: Partition,
  { fence, ms }: { readonly fence: number; readonly ms: number },
  now: number,
): Promise<number> {
  const { parts } = silencesIn(await partition.read([SILENCE], now), fence);
  return Math.max(ms, ...parts.values());
}
