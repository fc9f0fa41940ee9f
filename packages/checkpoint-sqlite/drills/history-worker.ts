import { SweepWorld } from "../../checkpoint-core/test/checkpoints/sweepWorld.ts";

/** Rounds of one history. */
const ROUNDS = 30;

/** What one process has seen of its histories. */
export interface Worked {
  /** Histories that equal the model. */
  readonly equal: number;
  readonly swept: number;
  readonly freeing: number;
  /** How often each verb was done at the same time as something else. */
  readonly raced: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
}

/** Plays the histories of so many seeds, and tells what it has seen. */
const [from = 0, count = 0] = process.argv.slice(2).map(Number);
const broken: string[] = [];
const raced: Record<string, number> = {};
let [equal, swept, freeing] = [0, 0, 0];
for (let seed = from; seed < from + count && broken.length < 3; seed += 1) {
  const world = new SweepWorld(seed);
  try {
    await world.run(ROUNDS);
    equal += 1;
  } catch (error) {
    broken.push(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
  }
  swept += world.swept;
  freeing += world.freeing;
  for (const verb of world.raced) raced[verb] = (raced[verb] ?? 0) + 1;
}
const worked: Worked = { equal, swept, freeing, raced, broken };
process.send?.(worked, undefined, {}, () => process.disconnect());
