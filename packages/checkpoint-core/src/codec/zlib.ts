import zlib from "node:zlib";
import { IncompatibleError } from "../errors.ts";

// Imported by name, what an older Node lacks would be a syntax error of this module, which says nothing of Node.
if (typeof zlib.zstdCompressSync !== "function")
  throw new IncompatibleError(
    `Perdure needs Node 22.15 or newer; this is Node ${process.versions.node}.`,
  );

/** What is used of Node's own compression. */
export const constants: typeof zlib.constants = zlib.constants;
export const crc32: typeof zlib.crc32 = zlib.crc32;
export const zstdCompressSync: typeof zlib.zstdCompressSync = zlib.zstdCompressSync;
export const zstdDecompressSync: typeof zlib.zstdDecompressSync = zlib.zstdDecompressSync;
