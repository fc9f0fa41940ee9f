import { openBytes, textOfBytes } from "./envelope.ts";
import { checksumBytes, newline } from "./frame.ts";
import { decodeText } from "./text.ts";

/**
 * The head of a frame of which only the beginning is at hand; `undefined` where the head goes on behind it. The frame's checksum is over all of it and cannot be tested: whoever
 * gives a beginning vouches for it. Throws as `openBytes` and `decodeText`.
 */
export function frameHead(start: Uint8Array): { readonly head: unknown } | undefined {
  const content = openBytes(start).subarray(checksumBytes);
  const end = content.indexOf(newline);
  return end < 0 ? undefined : { head: decodeText(textOfBytes(content.subarray(0, end))) };
}
