/** What small envelopes share: a buffer for each would take longer to get, and to collect, than to fill. */
const SHARED_BYTES = 32 * 1024;
/** What takes more has a buffer of its own, so that little of a shared one is left over. */
export const MOST_SHARED = 4096;

let shared = new ArrayBuffer(SHARED_BYTES);
let used = 0;

/** Zeroed bytes that nobody else has, and nobody will be given: those of small ones lie beside others in one buffer. */
export function roomFor(bytes: number): Uint8Array {
  if (bytes > MOST_SHARED) return new Uint8Array(bytes);
  if (used + bytes > SHARED_BYTES) {
    shared = new ArrayBuffer(SHARED_BYTES);
    used = 0;
  }
  const room = new Uint8Array(shared, used, bytes);
  used += bytes;
  return room;
}

/** The first bytes of a room in which no more was needed: what is left over of a shared one is given to the next who asks. */
export function firstOf(room: Uint8Array, bytes: number): Uint8Array {
  if (room.buffer === shared && room.byteOffset + room.byteLength === used)
    used = room.byteOffset + bytes;
  return room.subarray(0, bytes);
}
