import { defects } from "./simulation/defects/all.ts";
import { hunt } from "./simulation/hunt.ts";

/** Looks for the first seed that finds each planted defect: `node drills/hunt.ts`, or only some: `node drills/hunt.ts wakes-nobody`. */
const wanted = process.argv.slice(2);
const chosen = defects.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
for (const defect of chosen) {
  const found = await hunt(defect);
  console.log(
    found ? `| ${defect.id} | ${found.seed} | ${found.problem} |` : `| ${defect.id} | not found |`,
  );
  if (!found) process.exitCode = 1;
}
