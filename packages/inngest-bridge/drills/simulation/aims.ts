import type { Random } from "../../src/testing/random.ts";
import { type Aim, type FaultKind, kindsOf, type Where } from "./kinds.ts";
import { isAimedAt, places } from "./places.ts";
import { sceneOf } from "./scenes.ts";
import { oneOf } from "./script.ts";
import { stationOf, turnOf } from "./stations.ts";
import { turnsOf } from "./turns.ts";

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
const BESIDE = 6;

/** The aims, each as often as its turn comes. */
const turns: readonly [Aim, ...Aim[]] = [
  aims[0],
  ...aims.flatMap((aim) => Array.from({ length: turnsOf(aim) }, () => aim)),
];

/** Seeds that follow each other are about other places. */
const STRIDE = 7;

/** What a seed is about: a scene's aims and one beside them, or the aim whose turn it is and others; what keeps its runs at its station, where it has one. */
export function aimsOf(random: Random, seed: number): readonly Aim[] {
  const beside = Array.from({ length: BESIDE }, () => oneOf(random, turns));
  const scene = sceneOf(seed);
  if (scene) return [...scene.about, ...beside.slice(0, 1)];
  const station = stationOf(seed);
  if (station) return beside.filter(({ state }) => state === station.state);
  return [turns[(turnOf(seed) * STRIDE) % turns.length] ?? aims[0], ...beside];
}
