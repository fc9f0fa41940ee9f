/*
 * A place is an ordinal and, for what a replacement has put between two others, groups of four digits behind it: `0000000000000007.5000`. As text a place comes ahead of those that
 * begin with it. No last group is 0000, so that there is always room ahead of a place.
 */

const MAX_GROUP = 9999;
/** Places left free beside a new one, so that what is put between it and its neighbour needs no longer names. */
const GAP = 15;

/**
 * So many new places behind `last`, in their order, and ahead of `follower`, the next place that is taken (none: the end). They have as few groups as possible: places that are put in at one
 * spot grow by a group in some hundreds, not with each.
 */
export function placesBetween(last: string, follower: string | undefined, count: number): string[] {
  const [ordinal = "", ...groups] = last.split(".");
  let prefix = ordinal;
  for (let depth = 0; ; depth += 1) {
    const group = groups[depth];
    const after = group === undefined ? 0 : Number(group);
    const end = groupBehind(prefix, follower);
    const room = (end ?? MAX_GROUP + 1) - after - 1;
    if (room >= count) {
      const first = firstOf({ after, room, count, isInside: group === undefined, end });
      return Array.from({ length: count }, (_, index) => placeIn(prefix, first + index));
    }
    prefix = placeIn(prefix, after);
  }
}

/** The follower's group behind a prefix that it begins with. */
function groupBehind(prefix: string, follower: string | undefined): number | undefined {
  if (!follower?.startsWith(`${prefix}.`)) return undefined;
  return Number(follower.slice(prefix.length + 1).split(".", 1)[0]);
}

/** Close to a neighbour of the same length; in the middle where there is none. */
function firstOf({
  after,
  room,
  count,
  isInside,
  end,
}: {
  readonly after: number;
  readonly room: number;
  readonly count: number;
  /** Are the places longer than the last one? */
  readonly isInside: boolean;
  readonly end: number | undefined;
}): number {
  const spare = room - count;
  const gap = Math.min(GAP, Math.floor(spare / 2));
  if (!isInside) return after + 1 + gap;
  return end === undefined ? after + 1 + Math.floor(spare / 2) : end - count - gap;
}

function placeIn(prefix: string, group: number): string {
  return `${prefix}.${String(group).padStart(4, "0")}`;
}
