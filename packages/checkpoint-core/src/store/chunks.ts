import type { OpenRecord, Partition, Snapshot } from "./partition.ts";

/**
 * What is under these keys, however many: in reads of as many as the engine takes, which see one instant each. So what must agree stands in front, and the write that
 * builds on the rest holds it to what was read.
 */
export async function readMany(
  partition: Partition,
  keys: readonly string[],
  now: number,
): Promise<Snapshot> {
  const { maxReadKeys } = partition.backend.limits;
  const unique = [...new Set(keys)];
  const found = new Map<string, OpenRecord>();
  for (let start = 0; start < unique.length; start += maxReadKeys) {
    const chunk = await partition.read(unique.slice(start, start + maxReadKeys), now);
    for (const [key, record] of chunk) found.set(key, record);
  }
  return found;
}
