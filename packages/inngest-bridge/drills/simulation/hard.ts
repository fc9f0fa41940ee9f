import { type Cell, spotName } from "./spots.ts";

/** Spots that can be, and that too few of ten thousand seeds come to. */
const HARD: ReadonlySet<string> = new Set([
  // A run fails in its second request only where a function that somebody has written did all of its work in the first one, and hardly anything is left to be done there.
  ...spotsOf("call", "failed", [3]),
  ...spotsOf("post", "failed", [2]),
  ...spotsOf("write", "failed", [2, 3, 4]),
  ...spotsOf("read", "failed", [2]),
  ...spotsOf("outside", "failed", [2]),
  ...spotsOf("people", "failed", [2]),
  // A run that is refused posts nothing but a checkpoint, and that only where its request got through.
  ...spotsOf("post", "none", [7, 8, 9, 10, 11, 12]),
  // A model or a tool begins for a run that has ended only where that ends between the look of the step and its work.
  ...spotsOf("work", "ended", [1, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
]);

/** Whether a kind of fault is at a spot that is hard to come to. */
export function isHard({ spot }: Cell): boolean {
  return HARD.has(spotName(spot));
}

function spotsOf(
  where: Cell["spot"]["where"],
  state: string,
  requests: readonly number[],
): readonly string[] {
  return requests.map((request) => spotName({ where, state, request }));
}
