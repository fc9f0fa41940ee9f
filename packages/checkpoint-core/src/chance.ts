import { randomFillSync } from "node:crypto";

/** Bytes fetched at once: a call for a few costs as much as one for thousands. */
const POOL_BYTES = 4096;
const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
let used = POOL_BYTES;

/** Random bytes of a cryptographic source, each given out once. At most 4,096. */
export function randomBytes(count: number): Buffer {
  if (used + count > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.allocUnsafe(count);
  for (let at = 0; at < count; at += 1) {
    bytes[at] = pool[used + at] ?? 0;
    pool[used + at] = 0;
  }
  used += count;
  return bytes;
}
