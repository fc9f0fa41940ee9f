import { ROUND } from "./begun.ts";
import { checkOrphans } from "./below.ts";
import { checkLate } from "./deadlines.ts";
import { checkForgotten } from "./invariants.ts";
import { as } from "./stage.ts";
import type { World } from "./world.ts";

/** When the first round begins, and how much later than its predecessor each other one. */
const FIRST_MS = [10_000, 120_000, 300_000, 900_000] as const;
const LATER = 2.5;

/** Rounds behind which nothing may be forgotten: one finds what is dead, one what that one has set going, and one is for luck. */
const LAST_ROUNDS = 3;

/** Rounds at times that grow, for as long as anything else goes on. */
export function planRounds(world: World, ms = FIRST_MS[world.stage.random.below(4)] ?? 0): void {
  const { stage, faults } = world;
  as(undefined, () =>
    stage.add(
      "the time of the upkeep",
      ms,
      () => {
        if (faults.isCalm) return;
        void world.server.send({ name: ROUND, data: {} });
        planRounds(world, ms * LATER);
      },
      true,
    ),
  );
}

/** Nothing goes wrong any more: after a few rounds nobody is forgotten, whatever had gone wrong. */
export async function lastRounds(world: World): Promise<void> {
  for (let round = 0; round < LAST_ROUNDS; round += 1) {
    await world.server.send({ name: ROUND, data: {} });
    await world.stage.play();
  }
  for (const house of world.houses) {
    await checkForgotten(house);
    await checkLate(house);
    checkOrphans(house);
  }
}
