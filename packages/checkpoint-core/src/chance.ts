import { randomFillSync } from "node:crypto";

/** Bytes fetched at once: a call for a few costs as much as one for thousands. */
const POOL_BYTES = 4096;
const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
let used = POOL_BYTES;

/** Random bytes of a cryptographic source, each given out once. At most 4,096. */
export function randomBytes(count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count);
  fillRandom(bytes, 0, count);
  return bytes;
}

/** The same, into bytes that are there. */
export function fillRandom(bytes: Uint8Array, start: number, count: number): void {
  if (used + count > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  for (let at = 0; at < count; at += 1) {
    bytes[start + at] = pool[used + at] ?? 0;
    pool[used + at] = 0;
  }
  used += count;
}
