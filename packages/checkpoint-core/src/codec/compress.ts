import { StorageError } from "../errors.ts";
import { type Bounds, boundsOf, tooManyBytes } from "./bounds.ts";
import { constants, zstdCompressSync, zstdDecompressSync } from "./zlib.ts";

/** Compression pays when it saves at least one part in so many. */
const LEAST_SAVING = 8;

/** A zstd frame of the bytes, with a checksum of its own; `undefined` where it would save less than an eighth. */
export function compress(bytes: Uint8Array, level: number): Uint8Array | undefined {
  const frame = zstdCompressSync(bytes, {
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  });
  const most = bytes.byteLength - Math.ceil(bytes.byteLength / LEAST_SAVING);
  return frame.byteLength <= most ? frame : undefined;
}

/**
 * The bytes of a frame that claims to hold `size` of them. A claim beyond the bound is `TOO_LARGE` before anything is inflated; no more than the claim is ever inflated, and a
 * frame that holds more, or less, or is damaged, or has something behind it, is `CORRUPT`.
 */
export function inflate(frame: Uint8Array, size: number, bounds?: Partial<Bounds>): Uint8Array {
  const limits = boundsOf(bounds);
  if (size > limits.bytes) throw tooManyBytes(size, limits);
  const { buffer, engine } = inflated(frame, size);
  if (buffer.byteLength !== size || engine.bytesWritten !== frame.byteLength)
    throw new StorageError("CORRUPT", `The stored bytes do not inflate to the ${size} they claim.`);
  return buffer;
}

/** The beginning of what a cut frame holds: as many of its blocks as are whole, perhaps none. */
export function inflateStart(
  frame: Uint8Array,
  size: number,
  bounds?: Partial<Bounds>,
): Uint8Array {
  const limits = boundsOf(bounds);
  if (size > limits.bytes) throw tooManyBytes(size, limits);
  return inflated(frame, size, constants.ZSTD_e_flush).buffer;
}

interface Inflated {
  readonly buffer: Uint8Array;
  /** Counts the bytes of the frame that were used. */
  readonly engine: { readonly bytesWritten: number };
}

function inflated(frame: Uint8Array, size: number, finishFlush?: number): Inflated {
  try {
    // With `info` the answer is the buffer and the engine; the declared types do not know it.
    return zstdDecompressSync(frame, {
      info: true,
      maxOutputLength: Math.max(size, 1),
      ...(finishFlush === undefined ? {} : { finishFlush }),
    }) as unknown as Inflated;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    throw new StorageError(
      "CORRUPT",
      `The stored bytes do not inflate to the ${size} they claim.`,
      { cause: error },
    );
  }
}

/** What zlib throws for bytes that are no frame, that are cut, or that hold more than was claimed. */
function isUnreadable(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    /^(?:ZSTD_error_|Z_|ERR_BUFFER_TOO_LARGE$)/.test(String(error.code))
  );
}
