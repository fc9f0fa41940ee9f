import { type Head, ordinalOf } from "./schema.ts";

/** The head of a thread without checkpoints. */
export const noHead: Head = {
  tip: 0,
  id: "",
  weight: 0,
  open: false,
  since: 0,
  cleared: 0,
};

/** Can a change build on this checkpoint? The revision of the head proves that it is there. */
export function isInSegment({ open, from = Infinity }: Head, id: string): boolean {
  return open && (ordinalOf(id) ?? 0) >= from;
}
