import type { Random } from "../../src/testing/random.ts";
import { REQUESTS } from "./spots.ts";
import { runsOf } from "./wanted.ts";
import { type CallScript, oneOf, type RunScript, type Script } from "./script.ts";

/** A state in which runs of a seed are kept for many requests: what people do there again and again, and the runs to which they do. */
export interface Station {
  readonly state: "none" | "queued" | "running" | "suspended" | "failed" | "ended";
  readonly set: (script: Script, random: Random) => Script;
}

const MINUTE = 60_000;

/** One seed of so many has a station. */
const SHARE = 4;
const TURN = 3;

/** Runs find their thread taken and are refused, as often as they are asked for. */
const refused: Station = {
  state: "none",
  set: (script, random) => ({
    ...often(script, random),
    whenBusy: "reject",
    byHand: script.byHand ?? "hand",
    runs: runsOf(script, [
      { turns: [asking(200 * MINUTE)] },
      { by: "event", at: MINUTE },
      { by: "event", at: MINUTE },
      { by: "hand", at: MINUTE },
    ]),
  }),
};

/** Runs wait behind another. */
const waiting: Station = {
  state: "queued",
  set: (script, random) => ({
    ...often(script, random),
    whenBusy: "queue",
    runs: runsOf(script, [{ turns: [asking(300 * MINUTE)] }, { at: 5 }, { at: 5 }, { at: MINUTE }]),
  }),
};

/** Runs wait for people, who take long. */
const asked: Station = {
  state: "suspended",
  set: (script, random) => ({
    ...often(script, random),
    runs: onThreads(script, () => ({
      turns: [asking(oneOf(random, [60 * MINUTE, 200 * MINUTE, 300 * MINUTE]))],
    })),
  }),
};

/** Runs fail early, of their budget, and are left so; people decide on what they had asked. */
const broken: Station = {
  state: "failed",
  set: (script, random) => {
    const calls = [0, 0, 5, MINUTE, 5 * MINUTE].map((ms) => callOf("refund", ms));
    const turns = [callsOf("look"), { throws: 0, calls }] as const;
    return {
      ...often(script, random),
      resumeWhen: "any",
      byHand: script.byHand ?? "hand",
      runs: onThreads(script, () => ({
        by: oneOf(random, ["hand", "hand", "start"]),
        budget: { maxLlmCalls: 1, onExceed: "throw" },
        turns: [oneOf(random, turns)],
      })),
    };
  },
};

/** Runs are cancelled as soon as they are asked for. */
const over: Station = {
  state: "ended",
  set: (script, random) => ({
    ...often(script, random),
    runs: onThreads(script, (place) => ({ turns: script.runs[place]?.turns ?? [] })),
  }),
};

/** Runs are cancelled while they work. */
const struck: Station = {
  state: "running",
  set: (script, random) => ({
    ...script,
    runs: onThreads(script, () => ({
      turns: Array.from({ length: 6 }, () => callsOf(oneOf(random, ["look", "pay", "book"]))),
    })),
  }),
};

/** Those are in it twice whose states are hard to meet anything in. */
const stations: readonly Station[] = [
  refused,
  waiting,
  asked,
  broken,
  over,
  struck,
  refused,
  struck,
  broken,
];

/** The station of a seed, where it has one. */
export function stationOf(seed: number): Station | undefined {
  return seed % SHARE === TURN ? stations[Math.floor(seed / SHARE) % stations.length] : undefined;
}

/** How many seeds below this one have no station. */
export function turnOf(seed: number): number {
  return seed - Math.floor((seed + SHARE - 1 - TURN) / SHARE);
}

/** The request at which a run leaves the station of its seed: seeds of a station that follow each other have others. */
export function leavingOf(seed: number): number {
  return 1 + (Math.floor(seed / SHARE / stations.length) % REQUESTS);
}

/** The state in which a seed's runs meet what goes wrong; any, where the seed has no station. */
export function meetingIn(seed: number): string | undefined {
  const station = stationOf(seed);
  return station === struck ? "ended" : station?.state;
}

/** The request at which runs are cancelled that work, in a seed whose station that is. */
export function strikesAt(seed: number): number | undefined {
  return stationOf(seed) === struck ? leavingOf(seed) : undefined;
}

/** Whole turns in one request, more often than usual: so states come early. */
function often(script: Script, random: Random): Script {
  return { ...script, checkpointing: random.next() < 0.8 };
}

function asking(ms: number): RunScript["turns"][number] {
  return { throws: 0, calls: [callOf("refund", ms)] };
}

function callsOf(tool: CallScript["tool"]): RunScript["turns"][number] {
  return { throws: 0, calls: [callOf(tool, 0)] };
}

function callOf(tool: CallScript["tool"], ms: number): CallScript {
  return { tool, throws: 0, decision: { kind: "approve", ms, via: "call" } };
}

/** Three runs, each on a thread of its own. */
function onThreads(
  script: Script,
  runOn: (place: number) => Partial<RunScript>,
): readonly RunScript[] {
  return runsOf(script, [
    runOn(0),
    { threadId: "t2", ...runOn(1) },
    { threadId: "t3", ...runOn(2) },
  ]);
}
