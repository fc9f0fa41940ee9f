import { defects } from "./simulation/defects/all.ts";
import { simulate } from "./simulation/simulate.ts";

/** Shows one seed of the simulation: `node drills/seed.ts 53`, or with a planted defect, `node drills/seed.ts 53 wakes-nobody`. Fails where an invariant is broken. */
const [seed = "0", planted] = process.argv.slice(2);
const defect = defects.find(({ id }) => id === planted);
if (planted !== undefined && !defect) throw new Error(`There is no defect "${planted}".`);
const { trace, problems } = await simulate(Number(seed), defect);
for (const line of trace) console.log(line);
console.log(problems.length === 0 ? "ok" : `${problems.length} invariants are broken`);
if (problems.length > 0) process.exitCode = 1;
