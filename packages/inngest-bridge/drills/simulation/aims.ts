import type { Random } from "../../src/testing/random.ts";
import { type Aim, type FaultKind, kindsOf, type Where } from "./kinds.ts";
import { isAimedAt, isHard, places } from "./places.ts";
import { oneOf } from "./script.ts";

/** Every kind of fault at every place. */
export const aims: readonly [Aim, ...Aim[]] = [
  { kind: "lose-response", site: "call first", state: "queued" },
  ...(Object.keys(places) as Where[]).flatMap((where) =>
    kindsOf[where].flatMap((kind: FaultKind) =>
      Object.entries(places[where]).flatMap(([site, states]) =>
        states.map((state) => ({ kind, site, state })).filter(isAimedAt),
      ),
    ),
  ),
];

/** Aims of a seed beside the one whose turn it is. */
const BESIDE = 3;

/** How many turns an aim has at a place that few seeds come to, even of those that are about it. */
const HARD = 4;

/** The aims, each as often as its turn comes. */
const turns: readonly [Aim, ...Aim[]] = [
  aims[0],
  ...aims.flatMap((aim) => Array.from({ length: isHard(aim) ? HARD : 1 }, () => aim)),
];

/** Seeds that follow each other are about other places. */
const STRIDE = 7;

/** What a seed is about: every aim has its turn, and others come beside it. */
export function aimsOf(random: Random, seed: number): readonly Aim[] {
  const beside = Array.from({ length: BESIDE }, () => oneOf(random, turns));
  return [turns[(seed * STRIDE) % turns.length] ?? aims[0], ...beside];
}
