import type { Random } from "../../src/testing/random.ts";
import type { Aim } from "./kinds.ts";

/** `pay` is for doing once, `refund` asks a person first, `book` makes steps of its own, for `clerk` an agent below works, for `aide` one below that; `runner` starts a run of another agent. */
export type ToolName = "look" | "pay" | "refund" | "book" | "clerk" | "aide" | "runner";

/** What a world is like more often, so that runs come to the places that its seed is about. */
export interface Leanings {
  /** How often a model and a tool do not work. */
  readonly hard: { readonly model: number; readonly tool: number };
  /** How often in a row a tool does not, where it does not. */
  readonly fails: readonly [number, ...number[]];
  /** How often in a row, where it does not; nine is for ever. */
  readonly throws: readonly [number, ...number[]];
  readonly streams: number;
  readonly checkpointing: number;
  /** How often a decision is brought by an event. */
  readonly byEvent: number;
  /** No run is without turns. */
  readonly works: boolean;
  /** Several runs are asked for on one thread, most of them late. */
  readonly queues: boolean;
  /** Tools that are asked for more often. */
  readonly tools: readonly ToolName[];
}

/** Sites that an execution comes to where each step is a request of its own. */
const STEP_BY_STEP = /^call (begin|claim|decide|suspend|think|tool|hold|keep|silent|wait)/;
/** Sites that only a run with a call comes to. */
const AT_WORK =
  /tool|hold|keep|silent|ring|decide|suspend|expire|event due|write (effect|result|decision)|work (?!model)/;
/** Worlds in which many runs fail, of those that are not about it. */
const FAILING = 0.15;

export function leaningsOf(random: Random, about: readonly Aim[]): Leanings {
  const has = (what: RegExp): boolean => about.some(({ site }) => what.test(site));
  const fails =
    has(/^call failure/) ||
    about.some(({ state }) => state === "failed") ||
    random.next() < FAILING;
  return {
    hard: { model: fails ? 0.5 : 0.07, tool: has(/tool-failed/) ? 0.5 : 0.09 },
    fails: has(/tool-failed/) ? [2, 9, 9] : [1, 2, 9],
    throws: fails ? [2, 9, 9] : [1, 2, 9],
    streams: has(/write stream/) ? 1 : 0.3,
    checkpointing: checkpointingIn(has),
    byEvent: has(/call decide/) ? 0.9 : 0.33,
    works: has(AT_WORK),
    queues: has(/^write (settle|suspend|handover|unlist)/),
    tools: toolsOf(has),
  };
}

function checkpointingIn(has: (what: RegExp) => boolean): number {
  if (has(/^checkpoint/)) return 0.9;
  return has(STEP_BY_STEP) ? 0.1 : 0.4;
}

function toolsOf(has: (what: RegExp) => boolean): readonly ToolName[] {
  const favoured: readonly (readonly [RegExp, ToolName])[] = [
    [/book|hold|keep|silent/, "book"],
    [/work pay|effect/, "pay"],
    [/work look|tool-failed/, "look"],
    [/refund|decide|decision|suspend|people|event resume/, "refund"],
  ];
  return favoured.flatMap(([what, tool]) => (has(what) ? [tool, tool, tool] : []));
}
