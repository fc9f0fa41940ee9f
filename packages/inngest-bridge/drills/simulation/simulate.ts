import type { Defect } from "./defect.ts";
import type { Met } from "./kinds.ts";
import { checkEnd, checkLeft } from "./invariants.ts";
import { waitsWithFailed } from "./below.ts";
import { call } from "./calls.ts";
import { people } from "./people.ts";
import { mayBeDoneAgain } from "./questions.ts";
import { Stage } from "./stage.ts";
import { inTime } from "./time.ts";
import { lastRounds, planRounds } from "./upkeep.ts";
import { watch } from "./watching.ts";
import { World } from "./world.ts";

/** What came of one seed. */
export interface Simulated {
  readonly seed: number;
  /** Everything that happened, one line for each choice. */
  readonly trace: readonly string[];
  /** The broken invariants. */
  readonly problems: readonly string[];
  readonly met: readonly Met[];
  /** How often something could have gone wrong, by place. */
  readonly offered: ReadonlyMap<string, number>;
  readonly runs: number;
  readonly requests: number;
}

/** When every simulated world begins. */
const BEGINNING = Date.UTC(2026, 0, 5, 9);

/** Rounds in which whoever looks after the app goes on with what is left, once nothing goes wrong any more. */
const ROUNDS = 12;

/**
 * One world, as the seed decides it: its people, its faults, every choice of what comes first. At its end nothing goes wrong any more, what is left is gone on with, and the invariants are
 * checked. `defect` breaks a rule on purpose.
 */
export async function simulate(seed: number, defect?: Defect): Promise<Simulated> {
  const stage = new Stage(seed, BEGINNING);
  return inTime(stage, async () => played(stage, seed, defect));
}

async function played(stage: Stage, seed: number, defect: Defect | undefined): Promise<Simulated> {
  const world = new World(stage, defect);
  try {
    await world.open();
    people(world);
    if (world.script.upkeep) planRounds(world);
    await stage.play();
    await settle(world);
  } catch (error) {
    world.ledger.problem(`the world ends with ${String(error)}`);
  } finally {
    world.server.close();
  }
  const { ledger, faults, server } = world;
  return {
    seed,
    trace: stage.trace,
    problems: ledger.problems,
    met: faults.met,
    offered: faults.offered,
    runs: ledger.runs.size,
    requests: server.requests.length,
  };
}

/** Nothing goes wrong any more. First nobody helps: what is left then must have been given up by Inngest. Then somebody goes on with it. */
async function settle(world: World): Promise<void> {
  const { stage, faults } = world;
  faults.calm();
  world.deployLast();
  await stage.play();
  await (world.script.upkeep ? lastRounds(world) : checkLeft(world));
  for (let round = 0; round < ROUNDS && goOn(world); round += 1) await stage.play();
  await watchLast(world);
  await checkEnd(world);
}

/** Whoever watches a run that is over is told so. */
async function watchLast(world: World): Promise<void> {
  const { ledger, script, stage } = world;
  if (!script.streams) return;
  const watched = [...ledger.runs.keys()].map((runId) => watch(world, runId));
  await stage.play();
  for (const { runId, ended } of await Promise.all(watched))
    if (ended !== "itself")
      ledger.problem(`whoever watches ${runId}, which is over, is not told so`);
}

/** Goes on with each run that is not done: what the README tells to do where there is no cron. False when none is left. */
function goOn(world: World): boolean {
  const open = [...world.ledger.runs.values()].filter(
    (run) =>
      ["queued", "running", "suspended"].includes(run.status) &&
      !waitsWithFailed(world.ledger, run),
  );
  const isStrict = world.script.upkeep;
  for (const { id: runId, threadId, incompatible } of open) {
    void call(world, "goes on with", runId, async ({ agent }) => {
      const { pending = [], isReady } = (await agent.status({ runId })) ?? {};
      for (const { id: approvalId, callId } of pending) {
        mayBeDoneAgain(world.ledger, callId);
        await agent.approve({ threadId, approvalId });
      }
      const isLeft = !isStrict || incompatible !== undefined;
      if (isLeft && (pending.length === 0 || isReady === true)) await agent.resume({ runId });
    });
  }
  return open.length > 0;
}
