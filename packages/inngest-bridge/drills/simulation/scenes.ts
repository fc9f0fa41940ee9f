import type { Random } from "../../src/testing/random.ts";
import type { Aim } from "./kinds.ts";
import { type CallScript, oneOf, type Script } from "./script.ts";
import { runsOf } from "./wanted.ts";

/** Several things that must come together, which no single fault brings about: what goes wrong, and the runs to which it does. */
interface Scene {
  readonly about: readonly Aim[];
  readonly set: (script: Script, random: Random) => Script;
}

const MINUTE = 60_000;

/** One seed of so many is a scene. */
const SHARE = 10;

/** Somebody asks for a run just when the one that has the thread suspends or ends. */
const joined: Scene = {
  about: [
    { kind: "stall", site: "write settle", state: "running" },
    { kind: "stall", site: "write suspend", state: "running" },
  ],
  set: (script) => ({
    ...onOneThread(script),
    whenBusy: "queue",
    runs: runsOf(script, [
      { turns: [{ throws: 0, calls: [callOf("look")] }] },
      { at: 240 * MINUTE },
      { at: 300 * MINUTE },
    ]),
  }),
};

/** What is for doing once begins in two deliveries of one step, of which one comes late, or late enough for a cancel. */
const begunLate: Scene = {
  about: [
    { kind: "double", site: "call think", state: "running" },
    { kind: "stall", site: "write effect", state: "running" },
  ],
  set: (script) => ({
    ...script,
    checkpointing: false,
    runs: runsOf(script, [{ turns: [{ throws: 0, calls: [callOf("pay")] }] }, {}]),
  }),
};

/** A run's wake-up is lost again, after the upkeep has found it before. */
const lostTwice: Scene = {
  about: [
    { kind: "stop-before", site: "event run", state: "queued" },
    { kind: "stop-before", site: "event resume", state: "suspended" },
  ],
  set: (script, random) => ({
    ...script,
    upkeep: true,
    runs: runsOf(script, [
      {
        by: "start",
        turns: [{ throws: 0, calls: [{ ...callOf("refund"), decision: approval(random) }] }],
      },
      { threadId: "t2", at: 240 * MINUTE },
    ]),
  }),
};

/** A thread is opened just when the upkeep takes it out of the list of open ones. */
const openedLate: Scene = {
  about: [{ kind: "stall", site: "write unlist", state: "none" }],
  set: (script) => ({
    ...script,
    upkeep: true,
    runs: runsOf(script, [
      { turns: [] },
      { threadId: "t2", at: 240 * MINUTE },
      { threadId: "t1", at: 300 * MINUTE },
    ]),
  }),
};

/** A person decides while the run works, and is heard only when it has suspended. */
const decidedEarly: Scene = {
  about: [{ kind: "stall", site: "write decision", state: "running" }],
  set: (script, random) => ({
    ...script,
    runs: runsOf(script, [
      { turns: [{ throws: 0, calls: [early(random), early(random)] }] },
      { threadId: "t2" },
    ]),
  }),
};

/** A process dies when it has done what is for doing once, and has not said so. */
const diedBehind: Scene = {
  about: [{ kind: "kill-after", site: "work pay", state: "running" }],
  set: (script) => ({
    ...script,
    runs: runsOf(script, [{ turns: [{ throws: 0, calls: [callOf("pay")] }] }, {}]),
  }),
};

/** Two deliveries find a thread taken and free, of which the one that counts is late. */
const refusedLate: Scene = {
  about: [
    { kind: "double", site: "call first", state: "none" },
    { kind: "stall", site: "write begin", state: "none" },
  ],
  set: (script) => ({
    ...onOneThread(script),
    whenBusy: "reject",
    runs: runsOf(script, [{ turns: [] }, { by: "event" }, { by: "event" }]),
  }),
};

const scenes: readonly [Scene, ...Scene[]] = [
  joined,
  begunLate,
  lostTwice,
  openedLate,
  decidedEarly,
  diedBehind,
  refusedLate,
];

/** The scene of a seed, where it has one. */
export function sceneOf(seed: number): Scene | undefined {
  return seed % SHARE === 0 ? scenes[(seed / SHARE) % scenes.length] : undefined;
}

function onOneThread(script: Script): Script {
  return { ...script, runs: script.runs.map((run) => ({ ...run, threadId: "t1" })) };
}

function callOf(tool: CallScript["tool"]): CallScript {
  return { tool, throws: 0, decision: { kind: "approve", ms: MINUTE, via: "call" } };
}

/** Decided on while the turn that asks is still going on. */
function early(random: Random): CallScript {
  return {
    ...callOf("refund"),
    decision: { kind: "approve", ms: oneOf(random, [0, 0, 1, 5]), via: "call" },
  };
}

function approval(random: Random): CallScript["decision"] {
  return { kind: "approve", ms: oneOf(random, [MINUTE, 5 * MINUTE, 60 * MINUTE]), via: "call" };
}
