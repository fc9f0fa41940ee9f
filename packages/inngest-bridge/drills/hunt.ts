import { defects } from "./simulation/defects/all.ts";
import { heldTwice } from "./simulation/defects/protocol.ts";
import { hunt } from "./simulation/hunt.ts";

/** Looks for the first seed that finds each planted defect: `node drills/hunt.ts`, or only some: `node drills/hunt.ts wakes-nobody`; those that no seed has found so far only by name. */
const wanted = process.argv.slice(2);
const chosen =
  wanted.length === 0
    ? defects
    : [...defects, ...heldTwice].filter(({ id }) => wanted.includes(id));
for (const defect of chosen) {
  const found = await hunt(defect);
  console.log(
    found ? `| ${defect.id} | ${found.seed} | ${found.problem} |` : `| ${defect.id} | not found |`,
  );
  if (!found) process.exitCode = 1;
}
