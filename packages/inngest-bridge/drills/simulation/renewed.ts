import { chanceAt } from "./chances.ts";
import type { Coverage } from "./coverage.ts";
import { type FaultKind, kindsOf } from "./kinds.ts";
import { isHeld, REQUESTS, type Spot, spots } from "./spots.ts";

/** How often each kind of fault is meant to happen at each spot in ten thousand seeds, so that chance leaves each enough. */
const WANTED = 60;
/** What happens more often than this does so too often. */
const TOO_MANY = 120;
const SEEDS = 10_000;

/** A chance is changed by at most so much at once: counts of few seeds are rough. */
const MOST = 4;
/** The least chance of what has to become more likely, and the greatest. */
const LEAST_CHANCE = 0.005;
const MOST_CHANCE = 0.9;

/** The chances by which every kind of fault happens often enough everywhere, as far as what was counted says: a table by what is reached and the state, of a thousand. */
export function renewedChances(coverage: Coverage): ReadonlyMap<string, readonly number[]> {
  const rows = new Map<string, number[]>();
  for (const spot of spots.filter(isHeld)) {
    const name = `${spot.where}, ${spot.state}`;
    const row = rows.get(name) ?? Array.from({ length: REQUESTS }, () => 0);
    row[spot.request - 1] = Math.round(renewed(coverage, spot) * 1000);
    rows.set(name, row);
  }
  return rows;
}

function renewed(coverage: Coverage, spot: Spot): number {
  const chance = chanceAt(spot);
  const times = (timesAt(coverage, spot) * SEEDS) / coverage.seeds;
  if (times > TOO_MANY) return chance * Math.max(1 / MOST, WANTED / times);
  if (times >= WANTED) return chance;
  const more = Math.min(MOST, WANTED / Math.max(1, times));
  return Math.min(MOST_CHANCE, Math.max(LEAST_CHANCE, chance) * more);
}

/** How often each kind of fault has happened there, in the middle. */
function timesAt(coverage: Coverage, spot: Spot): number {
  const kinds: readonly FaultKind[] = kindsOf[spot.where];
  const all = kinds.reduce((sum, kind) => sum + coverage.timesAt({ kind, spot }), 0);
  return all / kinds.length;
}
