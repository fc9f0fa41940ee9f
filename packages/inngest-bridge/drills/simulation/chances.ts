import type { Spot } from "./spots.ts";

/** Of a thousand times that a run is at a spot, how often something goes wrong there beside all else, by request from 1 on: found by counting (`drills/chances.ts` renews it). */
const CHANCES: Readonly<Record<string, string>> = {
  "call, none": "17 87 150 250 300 350 350 350 350 350 350 350 34",
  "call, queued": "0 20 15 8 63 300 400 400 400 400 400 447 47",
  "call, running": "0 23 28 0 0 0 0 0 0 0 0 0 0",
  "call, suspended": "0 617 369 92 69 126 69 82 115 15 117 308 0",
  "call, failed": "0 0 900 900 900 770 500 400 300 300 324 301 4",
  "call, ended": "900 60 30 10 0 0 0 5 8 8 7 42 0",
  "post, none": "300 350 378 410 408 411 545 758 695 900 900 756 240",
  "post, queued": "0 0 300 275 400 400 400 400 416 579 900 900 115",
  "post, running": "0 8 61 0 337 132 7 675 422 137 396 700 28",
  "post, suspended": "229 400 111 60 46 40 201 323 336 376 697 668 80",
  "post, failed": "0 900 900 900 700 600 500 400 400 500 425 626 30",
  "post, ended": "89 39 337 148 422 375 562 281 489 398 210 349 25",
  "write, none": "0 25 35 135 300 436 546 546 656 660 473 376 81",
  "write, queued": "0 6 21 117 64 264 295 316 288 299 508 800 46",
  "write, running": "0 0 0 0 0 8 0 11 44 28 37 27 0",
  "write, suspended": "738 701 199 88 54 108 85 47 148 153 194 196 20",
  "write, failed": "0 900 900 900 900 536 314 336 287 272 304 300 7",
  "write, ended": "0 0 0 5 9 17 44 51 10 48 69 40 0",
  "read, none": "0 23 35 65 54 69 109 76 54 83 160 135 9",
  "read, queued": "0 9 9 35 25 30 31 38 43 47 50 40 36",
  "read, running": "0 0 0 0 0 0 1 0 1 6 7 8 0",
  "read, suspended": "90 100 20 6 4 14 5 15 9 23 17 11 10",
  "read, failed": "0 576 300 150 124 60 20 10 7 4 20 30 3",
  "read, ended": "12 0 0 1 0 6 5 5 12 8 7 1 8",
  "work, running": "88 0 13 25 8 78 72 119 6 245 72 107 14",
  "work, ended": "900 1000 1000 900 900 900 900 900 900 900 900 900 1000",
};

const chances: ReadonlyMap<string, readonly number[]> = new Map(
  Object.entries(CHANCES).map(([name, row]) => [
    name,
    row.split(" ").map((one) => Number(one) / 1000),
  ]),
);

/** How often something goes wrong at a spot, from 0 to 1. */
export function chanceAt({ where, state, request }: Spot): number {
  return chances.get(`${where}, ${state}`)?.[request - 1] ?? 0;
}
