import type { Aim } from "./kinds.ts";
import { placeName } from "./places.ts";

/** How many turns an aim has at these places: more where few of the seeds that are about it come to it, so that ten thousand seeds meet each often enough; found by counting. */
const TURNS: readonly (readonly [turns: number, places: readonly string[]])[] = [
  [
    20,
    [
      "call begin, suspended",
      "call claim, queued",
      "call tool-book-result, ended",
      "write thread, suspended",
    ],
  ],
  [19, ["call keep, ended", "call suspend, running"]],
  [18, ["write index, failed"]],
  [17, ["write run, failed"]],
  [16, ["call claim, failed", "call wait, failed"]],
  [15, ["write handover, ended"]],
  [13, ["call continue, ended", "call decide, suspended", "event run, ended"]],
  [11, ["call tool-book-result, running", "call tool-failed, running"]],
  [10, ["call keep, running", "write begin, failed"]],
  [9, ["call hold, ended"]],
  [
    8,
    [
      "call expire, none",
      "call suspend, suspended",
      "call think, suspended",
      "call tool-clerk-result, ended",
      "work refund, running",
      "write decision, suspended",
    ],
  ],
  [
    7,
    [
      "call wait, running",
      "call wait, suspended",
      "checkpoint, suspended",
      "event resume, failed",
      "write stream, suspended",
    ],
  ],
  [
    6,
    ["call continue, running", "call first, failed", "call hold, running", "event run, suspended"],
  ],
  [
    5,
    [
      "call claim, suspended",
      "call failure, ended",
      "call ring, suspended",
      "write begin, suspended",
    ],
  ],
  [
    4,
    [
      "call begin, queued",
      "call first, suspended",
      "call wait, ended",
      "checkpoint, failed",
      "event resume, ended",
      "work look, running",
      "write begin, ended",
      "write index, suspended",
      "write result, running",
      "write run, none",
    ],
  ],
  [
    3,
    [
      "call claim, ended",
      "call claim, running",
      "call ring, queued",
      "call tool, running",
      "checkpoint, ended",
      "event resume, none",
      "event resume, running",
      "event resume, suspended",
      "write begin, running",
      "write decision, running",
      "write effect, running",
      "write settle, running",
      "write suspend, running",
    ],
  ],
  [
    1,
    [
      "call begin, none",
      "call begin, running",
      "call budget, running",
      "call cancelled, ended",
      "call cancelled, running",
      "call decide, ended",
      "call failure, failed",
      "call failure, running",
      "call first, none",
      "call first, queued",
      "call ring, running",
      "call silence, none",
      "call silent, running",
      "call tool, ended",
      "call tool-clerk-result, running",
      "checkpoint, none",
      "checkpoint, queued",
      "checkpoint, running",
      "event due, suspended",
      "event resume, queued",
      "event run, queued",
      "event run, running",
      "outside, ended",
      "outside, failed",
      "outside, queued",
      "outside, running",
      "outside, suspended",
      "people, ended",
      "people, failed",
      "people, running",
      "people, suspended",
      "read, ended",
      "read, failed",
      "read, none",
      "read, queued",
      "read, running",
      "read, suspended",
      "work model, running",
      "write begin, queued",
      "write handover, none",
      "write handover, queued",
      "write index, none",
      "write index, queued",
      "write index, running",
      "write pulse, running",
      "write stream, ended",
      "write stream, running",
      "write thread, ended",
      "write thread, none",
      "write thread, queued",
      "write thread, running",
      "write unlist, none",
    ],
  ],
];

/** Turns of an aim at any other place. */
const USUAL = 2;

const turns: ReadonlyMap<string, number> = new Map(
  TURNS.flatMap(([count, places]) => places.map((place) => [place, count] as const)),
);

/** How many turns an aim has. */
export function turnsOf(aim: Aim): number {
  return turns.get(placeName(aim)) ?? USUAL;
}
