import type { Budgets } from "../../src/index.ts";
import type { Random } from "../../src/testing/random.ts";
import type { Aim } from "./kinds.ts";
import { type Leanings, leaningsOf, type ToolName } from "./leanings.ts";

/** What the world is like in one simulated run of it, before anything goes wrong. */
export interface Script {
  readonly checkpointing: boolean;
  readonly whenBusy: "queue" | "reject" | "cancel";
  readonly resumeWhen: "all" | "any";
  readonly silenceMs: number;
  /** After how many steps a run goes on in another execution, where that is soon. */
  readonly continueAt?: number;
  /** What runs say is published, and watched. */
  readonly streams: boolean;
  /** The upkeep runs. */
  readonly upkeep: boolean;
  /** Some calls are for an agent below. */
  readonly below: boolean;
  /** Agents below have one below themselves, above which at most so many may stand. */
  readonly maxDepth?: number;
  /** Some calls start a run of another agent. */
  readonly spawns: boolean;
  /** Some runs are asked of another agent. */
  readonly others: boolean;
  /** Some runs are begun in functions that somebody has written, by an agent of this name. */
  readonly byHand?: "hand" | "support";
  /** How long people have for a call that they are asked about, where that is limited. */
  readonly ttlMs?: number;
  /** How long an execution waits itself for people, where it does. */
  readonly waitMs?: number;
  readonly runs: readonly RunScript[];
}

/** A run that somebody asks for. */
export interface RunScript extends Budgets {
  readonly runId: string;
  readonly threadId: string;
  /** Whose it is; nobody's in a world without tenants. */
  readonly tenant?: string;
  /** Asked of the other agent. */
  readonly owner?: "runner";
  /** Asked for by `start`, by an event from elsewhere, or by one for a function that somebody has written. */
  readonly by: "start" | "event" | "hand";
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
  /** The turns of the agent that does it, or that it starts. */
  readonly below?: readonly TurnScript[];
}

export interface DecisionScript {
  readonly kind: "approve" | "deny" | "answer" | "modify";
  /** After how long from the answer on: `early` ones come before the run suspends. */
  readonly ms: number;
  readonly via: "call" | "event";
  /** A second decision, the opposite or the same, and after how long from the first on. */
  readonly again?: { readonly kind: "approve" | "deny"; readonly ms: number };
}

const MINUTE = 60_000;

/** When runs are asked for, and where several are for one thread. */
const AT = [0, 0, 5, MINUTE, 5 * MINUTE, 240 * MINUTE] as const;
const LATE = [5, 5 * MINUTE, 240 * MINUTE, 240 * MINUTE] as const;

/** Chooses one of a list; those that are in it twice come twice as often. */
export function oneOf<T>(random: Random, list: readonly [T, ...T[]]): T {
  return list[random.below(list.length)] ?? list[0];
}

/** The world that a seed asks for. */
export function scriptOf(random: Random, about: readonly Aim[]): Script {
  const leanings = leaningsOf(random, about);
  const threads = leanings.queues ? 1 : oneOf(random, [1, 1, 1, 2]);
  const count = oneOf(random, leanings.queues ? [2, 2, 3, 4] : [1, 2, 2, 3, 3, 4]);
  return {
    checkpointing: random.next() < leanings.checkpointing,
    whenBusy: oneOf(random, ["queue", "queue", "queue", "reject", "cancel"]),
    resumeWhen: oneOf(random, ["all", "all", "any"]),
    upkeep: false,
    below: false,
    spawns: false,
    others: false,
    silenceMs: oneOf(random, [30_000, 120_000]),
    streams: random.next() < leanings.streams,
    ...(random.next() < 0.3 ? { continueAt: oneOf(random, [10, 10, 13]) } : {}),
    runs: Array.from({ length: count }, (_, place) => ({
      runId: `r${place + 1}`,
      threadId: `t${(place % threads) + 1}`,
      by: oneOf(random, ["start", "start", "event"]),
      at: place === 0 ? 0 : oneOf(random, leanings.queues ? LATE : AT),
      turns: turnsOf(random, leanings),
    })),
  };
}

function turnsOf(random: Random, leanings: Leanings): readonly TurnScript[] {
  const count = oneOf(random, [leanings.works ? 1 : 0, 1, 1, 1, 2, 2, 3]);
  return Array.from({ length: count }, () => ({
    throws: throwsOf(random, leanings.hard.model, leanings.throws),
    calls: Array.from({ length: oneOf(random, [1, 1, 2, 2, 3]) }, () => callOf(random, leanings)),
  }));
}

function throwsOf(random: Random, chance: number, times: Leanings["throws"]): number {
  return random.next() < chance ? oneOf(random, times) : 0;
}

function callOf(random: Random, { hard, fails, byEvent, tools }: Leanings): CallScript {
  return {
    tool: oneOf(random, ["look", "pay", "refund", "refund", "refund", "book", ...tools]),
    throws: throwsOf(random, hard.tool, fails),
    decision: {
      kind: oneOf(random, ["approve", "approve", "approve", "deny", "answer", "modify"]),
      ms: oneOf(random, [0, 0, 1, 5, MINUTE, MINUTE, 200 * MINUTE]),
      via: random.next() < byEvent ? "event" : "call",
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
