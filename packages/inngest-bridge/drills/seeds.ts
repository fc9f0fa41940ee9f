import { campaign } from "./simulation/campaign.ts";

/** Runs many seeds of the simulation on every core, and prints what they covered: `node drills/seeds.ts 0 10000`. Fails where an invariant is broken. */
const [from = "0", to = "1000"] = process.argv.slice(2);
const { coverage, failures } = await campaign({ from: Number(from), to: Number(to) });
console.log(coverage.toString());
for (const { seed, problems } of failures) console.log(`seed ${seed}: ${problems.join("; ")}`);
console.log(`${failures.length} of ${coverage.seeds} seeds break an invariant`);
if (failures.length > 0) process.exitCode = 1;
