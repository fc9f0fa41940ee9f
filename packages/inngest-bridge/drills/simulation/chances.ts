import type { Spot } from "./spots.ts";

/** Of a thousand times that a run is at a spot, how often something goes wrong there beside all else, by request from 1 on: found by counting (`drills/chances.ts` renews it). */
const CHANCES: Readonly<Record<string, string>> = {
  "call, none": "17 87 150 250 300 320 320 320 320 334 452 320 40",
  "call, queued": "9 39 84 75 231 360 468 437 558 716 655 900 137",
  "call, running": "0 34 28 7 6 0 0 0 6 5 11 10 0",
  "call, suspended": "0 900 900 403 226 187 136 196 245 220 288 411 0",
  "call, failed": "0 0 900 900 900 889 500 400 335 327 331 401 1",
  "call, ended": "900 80 30 10 5 0 6 5 10 13 12 64 0",
  "post, none": "300 525 900 900 900 900 900 900 900 900 900 900 267",
  "post, queued": "0 14 385 459 900 900 900 900 900 900 900 900 273",
  "post, running": "9 8 67 40 190 346 258 549 646 900 900 900 112",
  "post, suspended": "264 677 173 99 128 149 215 400 746 664 774 668 80",
  "post, failed": "0 900 900 900 900 600 750 571 667 600 797 900 20",
  "post, ended": "139 159 149 202 208 375 360 301 489 398 660 654 44",
  "write, none": "0 25 68 300 573 788 533 800 758 514 900 900 68",
  "write, queued": "0 11 67 196 230 454 568 661 720 900 900 900 206",
  "write, running": "0 0 0 8 8 21 13 40 44 55 67 68 2",
  "write, suspended": "900 900 491 283 142 185 196 269 303 504 616 463 21",
  "write, failed": "0 900 900 900 900 857 411 420 470 345 548 700 7",
  "write, ended": "0 0 0 8 19 54 75 77 86 82 104 109 14",
  "read, none": "0 23 35 75 135 180 109 133 173 142 220 150 25",
  "read, queued": "0 4 13 19 36 68 106 76 95 142 160 180 30",
  "read, running": "0 0 6 3 3 4 4 8 8 7 8 11 0",
  "read, suspended": "240 120 103 36 19 33 24 28 29 25 51 60 3",
  "read, failed": "0 900 333 133 108 60 20 6 10 13 38 46 1",
  "read, ended": "6 5 6 10 9 8 8 12 12 16 19 20 0",
  "work, running": "113 25 19 30 35 78 97 165 159 143 152 215 6",
  "work, ended": "900 1000 900 900 900 900 900 900 900 900 900 900 900",
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
