import { StorageError } from "../errors.ts";
import { type Bounds, boundsOf } from "./bounds.ts";
import { isChecksumOf, writeChecksum } from "./digest.ts";
import { openBytes, sealText, textOfBytes } from "./envelope.ts";
import type { Json } from "./json.ts";
import { fromJson } from "./read.ts";
import { encodeText, parseJson } from "./text.ts";

/** A stored record in two parts: a small head, and a body that is read only when it is wanted. */
export interface Frame {
  readonly head: unknown;
  /** The head as it is stored: the same, but for values that JSON cannot say, which stand as tags. */
  readonly json: Json;
  /** Bytes of the body. */
  readonly size: number;
  /** The body's text. */
  readonly body: () => string;
}

/*
 * | bytes of the payload | |
 * |---|---|
 * | 16 | checksum of everything after it, in hex |
 * | n | the head's text; texts of the codec hold no newline |
 * | 1 | newline |
 * | rest | the body's text |
 */
export const checksumBytes = 16;
export const newline = 0x0a;
const room = "0".repeat(checksumBytes);

/**
 * The envelope of a head and a body, with a checksum over both. The body is a text as it is (of a state, of splices): it is not quoted once more.
 * Ids that a record is to be held to belong into its head. Throws as `encodeText` does.
 */
export function sealFrame(head: unknown, body: string, bounds?: Partial<Bounds>): Uint8Array {
  const limits = boundsOf(bounds);
  return sealFrameText(encodeText(head, limits), body, limits);
}

/** The same of a head that is text of the codec already. */
export function sealFrameText(head: string, body: string, bounds?: Partial<Bounds>): Uint8Array {
  const limits = boundsOf(bounds);
  const sealed = sealText([`${room}${head}\n`, body], limits);
  const payload = openBytes(sealed, limits);
  writeChecksum(payload, payload.subarray(checksumBytes));
  return sealed;
}

/** The parts of an envelope that {@link sealFrame} made; the body stays bytes until it is asked for. Throws as `openBytes` and `decodeText` do, and `CORRUPT` where the checksum differs. */
export function openFrame(sealed: Uint8Array, bounds?: Partial<Bounds>): Frame {
  const limits = boundsOf(bounds);
  const payload = openBytes(sealed, limits);
  const content = payload.subarray(checksumBytes);
  const end = content.indexOf(newline);
  if (end < 0 || !isChecksumOf(payload, content)) {
    throw new StorageError("CORRUPT", "The stored record is damaged: its checksum differs.");
  }
  const json = parseJson(textOfBytes(content.subarray(0, end)), limits);
  return new OpenedFrame(json, content.subarray(end + 1), limits);
}

/** A frame of which only the head was read. */
class OpenedFrame implements Frame {
  readonly json: Json;
  readonly size: number;
  readonly body: () => string;
  readonly #bounds: Bounds;

  constructor(json: Json, body: Uint8Array, bounds: Bounds) {
    this.json = json;
    this.size = body.byteLength;
    this.body = () => textOfBytes(body);
    this.#bounds = bounds;
  }

  get head(): unknown {
    return fromJson(this.json, this.#bounds);
  }
}
