import type { Random } from "../../src/testing/random.ts";
import type { Aim } from "./kinds.ts";

/** What the world is like in one simulated run of it, before anything goes wrong. */
export interface Script {
  readonly checkpointing: boolean;
  readonly whenBusy: "queue" | "reject" | "cancel";
  readonly resumeWhen: "all" | "any";
  readonly silenceMs: number;
  /** What runs say is published, and watched. */
  readonly streams: boolean;
  readonly runs: readonly RunScript[];
}

/** A run that somebody asks for. */
export interface RunScript {
  readonly runId: string;
  readonly threadId: string;
  /** Asked for by `start`, or by an event from elsewhere. */
  readonly by: "start" | "event";
  /** When, in milliseconds from the beginning. */
  readonly at: number;
  /** The turns ahead of the last one, which says goodbye. */
  readonly turns: readonly TurnScript[];
}

export interface TurnScript {
  readonly calls: readonly CallScript[];
  /** How often the model throws before it answers. */
  readonly throws: number;
}

export interface CallScript {
  readonly tool: ToolName;
  /** How often it throws before it works. */
  readonly throws: number;
  /** What a person decides, where one is asked. */
  readonly decision: DecisionScript;
}

/** `pay` is for doing once, `refund` asks a person first, `book` makes steps of its own. */
export type ToolName = "look" | "pay" | "refund" | "book";

export interface DecisionScript {
  readonly kind: "approve" | "deny" | "answer" | "modify";
  /** After how long from the answer on: `early` ones come before the run suspends. */
  readonly ms: number;
  readonly via: "call" | "event";
  /** A second decision, the opposite or the same, and after how long from the first on. */
  readonly again?: { readonly kind: "approve" | "deny"; readonly ms: number };
}

const MINUTE = 60_000;

/** Chooses one of a list; those that are in it twice come twice as often. */
export function oneOf<T>(random: Random, list: readonly [T, ...T[]]): T {
  return list[random.below(list.length)] ?? list[0];
}

/** The world that a seed asks for. */
export function scriptOf(random: Random, about: readonly Aim[]): Script {
  const fails = about.some(({ site, state }) => state === "failed" || site === "call failure");
  const breaks = about.some(({ site }) => site === "call tool-failed");
  const hard = { model: fails ? 0.5 : 0.07, tool: breaks ? 0.5 : 0.09 };
  const speaks = about.some(({ site }) => site === "write stream");
  const threads = oneOf(random, [1, 1, 1, 2]);
  const count = oneOf(random, [1, 2, 2, 3, 3, 4]);
  return {
    checkpointing: random.next() < 0.4,
    whenBusy: oneOf(random, ["queue", "queue", "queue", "reject", "cancel"]),
    resumeWhen: oneOf(random, ["all", "all", "any"]),
    silenceMs: oneOf(random, [30_000, 120_000]),
    streams: speaks || random.next() < 0.3,
    runs: Array.from({ length: count }, (_, place) => ({
      runId: `r${place + 1}`,
      threadId: `t${(place % threads) + 1}`,
      by: oneOf(random, ["start", "start", "event"]),
      at: place === 0 ? 0 : oneOf(random, [0, 0, 5, MINUTE, 5 * MINUTE, 240 * MINUTE]),
      turns: turnsOf(random, hard),
    })),
  };
}

/** How often a model or a tool does not work: for ever, or at first. */
interface Hardness {
  readonly model: number;
  readonly tool: number;
}

function turnsOf(random: Random, hard: Hardness): readonly TurnScript[] {
  const count = oneOf(random, [0, 1, 1, 1, 2, 2, 3]);
  return Array.from({ length: count }, () => ({
    throws: throwsOf(random, hard.model),
    calls: Array.from({ length: oneOf(random, [1, 1, 2, 2, 3]) }, () => callOf(random, hard)),
  }));
}

function throwsOf(random: Random, chance: number): number {
  return random.next() < chance ? oneOf(random, [1, 2, 9]) : 0;
}

function callOf(random: Random, hard: Hardness): CallScript {
  return {
    tool: oneOf(random, ["look", "pay", "refund", "refund", "refund", "book"]),
    throws: throwsOf(random, hard.tool),
    decision: {
      kind: oneOf(random, ["approve", "approve", "approve", "deny", "answer", "modify"]),
      ms: oneOf(random, [0, 0, 1, 5, MINUTE, MINUTE, 200 * MINUTE]),
      via: oneOf(random, ["call", "call", "event"]),
      ...(random.next() < 0.3
        ? {
            again: {
              kind: oneOf(random, ["approve", "deny"]),
              ms: oneOf(random, [0, 0, 1, MINUTE, 300 * MINUTE]),
            },
          }
        : {}),
    },
  };
}
