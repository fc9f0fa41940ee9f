import { boundsOf } from "./bounds.ts";
import { openBytes, textOfBytes } from "./envelope.ts";
import { checksumBytes, newline } from "./frame.ts";
import type { Json } from "./json.ts";
import { fromJson } from "./read.ts";
import { parseJson } from "./text.ts";

/**
 * The head of a frame of which only the beginning is at hand; `undefined` where the head goes on behind it. The frame's checksum is over all of it and cannot be tested: whoever
 * gives a beginning vouches for it. Throws as `openBytes` and `decodeText`.
 */
export function frameHead(
  start: Uint8Array,
): { readonly head: unknown; readonly json: Json } | undefined {
  const content = openBytes(start).subarray(checksumBytes);
  const end = content.indexOf(newline);
  if (end < 0) return undefined;
  const json = parseJson(textOfBytes(content.subarray(0, end)), boundsOf());
  return { head: fromJson(json, boundsOf()), json };
}
