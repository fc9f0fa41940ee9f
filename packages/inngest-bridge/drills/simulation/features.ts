import type { Budgets } from "../../src/index.ts";
import { type Random, seededRandom } from "../../src/testing/random.ts";
import type { Aim } from "./kinds.ts";
import { withNeighbours } from "./neighbours.ts";
import { sceneOf } from "./scenes.ts";
import { stationOf } from "./stations.ts";
import { type CallScript, oneOf, type RunScript, type Script, type TurnScript } from "./script.ts";

const MINUTE = 60_000;

/** Its numbers are its own, so that a world without any of this is the one that it was. */
const APART = 0x5eed;

/** The same for what came later. */
const FURTHER = 0xdee9;

/** A script with what only some worlds have: agents below, and below those, runs that calls start, upkeep, deadlines, budgets, waiting in the same execution. */
export function withFeatures(script: Script, seed: number, about: readonly Aim[]): Script {
  const random = seededRandom(seed ^ APART);
  const leans = leaningsTo(about);
  const has = (often: number, lean: boolean): boolean => random.next() < (lean ? 0.9 : often);
  const hasBelow = has(0.3, leans.below);
  const hasBudgets = has(0.2, leans.budgets);
  const hasUpkeep = has(0.35, leans.upkeep);
  const hasDeadlines = has(0.25, leans.deadlines);
  const waits = has(0.15, leans.waits);
  const featured = {
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
  return sceneOf(seed)?.set(featured, random) ?? settled(featured, seed, random);
}

/** The runs of the seed's station, or what came later. */
function settled(script: Script, seed: number, random: Random): Script {
  const station = stationOf(seed);
  return station?.set(script, random) ?? withNeighbours(withFurther(script, seed), seed);
}

/** Agents below those below, in half of the worlds that have some; and runs that calls start, where the upkeep runs: nobody else finds one whose start was cut short with the run that calls. */
function withFurther(script: Script, seed: number): Script {
  const random = seededRandom(seed ^ FURTHER);
  const isDeep = script.below && random.next() < 0.5;
  const spawns = random.next() < 0.12;
  if (!isDeep && !spawns) return script;
  const maxDepth = oneOf(random, [1, 2, 2, 2]);
  const further = (call: CallScript): CallScript => {
    if (isDeep && (call.below || random.next() < 0.5)) {
      const below = call.below ?? turnsBelow(random, call);
      return { ...call, tool: "clerk", below: turnsDeeper(random, below) };
    }
    return spawns && random.next() < 0.6
      ? { ...call, tool: "runner", below: turnsBelow(random, call) }
      : call;
  };
  return {
    ...script,
    ...(isDeep ? { maxDepth } : {}),
    ...(spawns ? { spawns, upkeep: true } : {}),
    runs: script.runs.map((run) => ({
      ...run,
      turns: run.turns.map((turn) => ({ ...turn, calls: turn.calls.map(further) })),
    })),
  };
}

/** Some of the calls of an agent below are for one below itself. */
function turnsDeeper(random: Random, turns: readonly TurnScript[]): readonly TurnScript[] {
  return turns.map((turn) => ({
    ...turn,
    calls: turn.calls.map((call) =>
      random.next() < 0.7 ? { ...call, tool: "aide", below: turnsBelow(random, call) } : call,
    ),
  }));
}

/** What must be there, so that runs come to the places that the seed is about. */
function leaningsTo(
  about: readonly Aim[],
): Readonly<Record<"below" | "budgets" | "upkeep" | "deadlines" | "waits", boolean>> {
  const has = (what: RegExp): boolean => about.some(({ site }) => what.test(site));
  return {
    below: has(/clerk/),
    budgets: has(/^call budget/),
    upkeep: has(/^(call (look|maintain|wake|silence)|write unlist|event resume)/),
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
