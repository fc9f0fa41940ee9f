import { type Cell, spotName } from "./spots.ts";

/** Spots that can be, and that seeds come to so seldom that ten thousand of them do not meet each kind of fault there often; and why. */
const HARD: ReadonlySet<string> = new Set<string>([]);

/** Whether a kind of fault is at a spot that is hard to come to. */
export function isHard({ spot }: Cell): boolean {
  return HARD.has(spotName(spot));
}
