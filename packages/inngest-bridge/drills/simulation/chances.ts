import type { Spot } from "./spots.ts";

/** Of a thousand times that a run is at a spot, how often something goes wrong there beside all else, by request from 1 on: found by counting (`drills/chances.ts` renews it). */
const CHANCES: Readonly<Record<string, string>> = {
  "call, none": "17 87 150 250 300 320 320 320 320 334 452 320 40",
  "call, queued": "11 48 102 124 244 360 468 437 558 716 655 900 137",
  "call, running": "0 34 28 8 6 0 0 0 6 6 15 16 0",
  "call, suspended": "0 900 900 403 238 187 173 210 245 248 288 411 0",
  "call, failed": "0 0 900 900 900 889 500 400 335 327 331 401 1",
  "call, ended": "900 85 30 10 5 0 6 5 10 15 16 64 0",
  "post, none": "300 525 900 900 900 900 900 900 900 900 900 900 267",
  "post, queued": "0 20 385 468 900 900 900 900 900 900 900 900 355",
  "post, running": "9 8 83 67 200 354 385 574 692 900 900 900 112",
  "post, suspended": "477 677 250 140 169 232 324 449 746 664 774 708 80",
  "post, failed": "0 900 900 900 900 600 750 571 667 600 797 900 20",
  "post, ended": "139 162 166 213 223 375 360 445 489 425 660 654 44",
  "write, none": "0 25 75 300 661 788 693 821 847 740 900 900 68",
  "write, queued": "0 15 76 196 285 454 607 661 839 900 900 900 206",
  "write, running": "0 0 0 8 8 21 16 40 52 63 68 82 2",
  "write, suspended": "900 900 576 309 169 186 226 269 303 504 616 463 21",
  "write, failed": "0 900 900 900 900 857 411 420 470 354 548 700 7",
  "write, ended": "0 0 0 8 22 55 75 77 86 82 109 109 14",
  "read, none": "0 23 35 75 135 180 120 170 173 148 220 150 25",
  "read, queued": "0 5 14 25 36 68 106 76 95 142 160 180 30",
  "read, running": "0 0 2 3 3 4 4 8 8 7 9 12 0",
  "read, suspended": "240 120 103 36 27 33 24 28 29 27 51 60 3",
  "read, failed": "0 900 333 133 108 60 20 6 10 16 38 46 5",
  "read, ended": "6 5 6 10 9 9 8 12 12 16 19 20 6",
  "work, running": "113 25 20 30 40 82 98 165 159 180 182 230 6",
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
