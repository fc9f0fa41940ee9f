import type { Budgets } from "../../src/index.ts";
import { type Random, seededRandom } from "../../src/testing/random.ts";
import type { Aim } from "./kinds.ts";
import { type CallScript, oneOf, type RunScript, type Script, type TurnScript } from "./script.ts";

const MINUTE = 60_000;

/** Its numbers are its own, so that a world without any of this is the one that it was. */
const APART = 0x5eed;

/** A script with what only some worlds have: agents below, upkeep, deadlines, budgets, waiting in the same execution. */
export function withFeatures(script: Script, seed: number, about: readonly Aim[]): Script {
  const random = seededRandom(seed ^ APART);
  const leans = leaningsTo(about);
  const has = (often: number, lean: boolean): boolean => random.next() < (lean ? 0.9 : often);
  const hasBelow = has(0.3, leans.below);
  const hasBudgets = has(0.2, leans.budgets);
  const hasUpkeep = has(0.35, leans.upkeep);
  const hasDeadlines = has(0.25, leans.deadlines);
  const waits = has(0.15, leans.waits);
  return {
    ...script,
    upkeep: hasUpkeep,
    below: hasBelow,
    ...(hasDeadlines ? { ttlMs: oneOf(random, [90_000, 10 * MINUTE, 300 * MINUTE]) } : {}),
    ...(waits ? { waitMs: oneOf(random, [2 * MINUTE, 240 * MINUTE]) } : {}),
    runs: script.runs.map((run) => ({
      ...run,
      ...(hasBudgets ? budgetsOf(random) : {}),
      turns: hasBelow ? turnsAbove(random, run) : run.turns,
    })),
  };
}

/** What must be there, so that runs come to the places that the seed is about. */
function leaningsTo(
  about: readonly Aim[],
): Readonly<Record<"below" | "budgets" | "upkeep" | "deadlines" | "waits", boolean>> {
  const has = (what: RegExp): boolean => about.some(({ site }) => what.test(site));
  return {
    below: has(/clerk/),
    budgets: has(/^call budget/),
    upkeep: has(/^call (look|maintain|wake|silence)/),
    deadlines: has(/expire|event due/),
    waits: has(/^call ring/),
  };
}

function budgetsOf(random: Random): Budgets {
  const onExceed = oneOf<"throw" | "truncate">(random, ["throw", "truncate"]);
  const budget = oneOf(random, [
    { maxLlmCalls: oneOf(random, [1, 2, 3]) },
    { maxTokens: oneOf(random, [11, 20, 30, 40]) },
  ]);
  return {
    budget: { ...budget, onExceed },
    ...(random.next() < 0.3 ? { toolBudget: { maxDurationMs: 10_000 } } : {}),
  };
}

/** Some of a run's calls are for an agent below it. */
function turnsAbove(random: Random, { turns }: RunScript): readonly TurnScript[] {
  return turns.map((turn) => ({
    ...turn,
    calls: turn.calls.map((call) =>
      random.next() < 0.5 ? { ...call, tool: "clerk", below: turnsBelow(random, call) } : call,
    ),
  }));
}

function turnsBelow(random: Random, call: CallScript): readonly TurnScript[] {
  const count = oneOf(random, [0, 1, 1, 1, 2]);
  return Array.from({ length: count }, () => ({
    throws: random.next() < 0.15 ? oneOf(random, [1, 2, 9]) : 0,
    calls: Array.from({ length: oneOf(random, [1, 1, 2]) }, () => ({
      ...call,
      tool: oneOf(random, ["look", "pay", "refund", "refund", "book"]),
      throws: random.next() < 0.15 ? oneOf(random, [1, 2, 9]) : 0,
    })),
  }));
}
