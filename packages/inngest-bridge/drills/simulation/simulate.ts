import type { Defect } from "./defect.ts";
import type { Met } from "./kinds.ts";
import type { House } from "./house.ts";
import { checkEnd, checkExecutions, checkKeys, checkLeft } from "./invariants.ts";
import { waitsWithFailed } from "./below.ts";
import { goOnWith } from "./acts.ts";
import { call } from "./calls.ts";
import { ownerOf } from "./doors.ts";
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
    for (const house of world.houses) people(house);
    if (world.script.upkeep) planRounds(world);
    await stage.play();
    await settle(world);
  } catch (error) {
    world.houses[0].ledger.problem(`the world ends with ${String(error)}`);
  } finally {
    world.server.close();
  }
  const { houses, problems, faults, server } = world;
  return {
    seed,
    trace: stage.trace,
    problems,
    met: faults.met,
    offered: faults.offered,
    runs: houses.reduce((sum, { ledger }) => sum + ledger.runs.size, 0),
    requests: server.requests.length,
  };
}

/** Nothing goes wrong any more. First nobody helps: what is left then must have been given up by Inngest. Then somebody goes on with it. */
async function settle(world: World): Promise<void> {
  const { stage, faults } = world;
  faults.calm();
  world.deployLast();
  await stage.play();
  if (world.script.upkeep) await lastRounds(world);
  else for (const house of world.houses) await checkLeft(house);
  for (let round = 0; round < ROUNDS; round += 1) {
    const open = world.houses.filter(goOn);
    if (open.length === 0) break;
    await stage.play();
  }
  for (const house of world.houses) {
    await watchLast(house);
    await checkEnd(house);
  }
  checkExecutions(world);
  checkKeys(world);
}

/** Whoever watches a run that is over is told so. */
async function watchLast(house: House): Promise<void> {
  const { ledger, script, stage } = house;
  if (!script.streams) return;
  const watched = [...ledger.runs.keys()].map((runId) => watch(house, runId));
  await stage.play();
  for (const { runId, ended } of await Promise.all(watched))
    if (ended !== "itself")
      ledger.problem(`whoever watches ${runId}, which is over, is not told so`);
}

/** Goes on with each run that is not done: what the README tells to do where there is no cron. False when none is left. */
function goOn(house: House): boolean {
  const open = [...house.ledger.runs.values()].filter(
    (run) =>
      ["queued", "running", "suspended"].includes(run.status) &&
      !waitsWithFailed(house.ledger, run),
  );
  const { ledger, script, scope, sends } = house;
  const isStrict = script.upkeep;
  for (const { id: runId, threadId, incompatible } of open) {
    void call(house, "goes on with", runId, async ({ agent }) => {
      const { pending = [], isReady } = (await agent.status({ runId, ...scope })) ?? {};
      for (const { id: approvalId, callId } of pending) {
        mayBeDoneAgain(ledger, callId);
        await agent.approve({ threadId, approvalId, ...sends });
      }
      const isLeft = !isStrict || incompatible !== undefined || ownerOf(house, runId) === "hand";
      if (isLeft && (pending.length === 0 || isReady === true)) await goOnWith(house, runId);
    });
  }
  return open.length > 0;
}
