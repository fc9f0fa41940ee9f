import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Counts, Coverage } from "./simulation/coverage.ts";
import { renewedChances } from "./simulation/renewed.ts";

/** Renews `simulation/chances.ts` by what parts of a campaign have counted: `node drills/chances.ts counts-0.json counts-1.json`. Every seed has another world then. */
const coverage = new Coverage();
for (const file of process.argv.slice(2))
  coverage.addCounts(JSON.parse(readFileSync(file, "utf8")) as Counts);
const place = join(import.meta.dirname, "simulation/chances.ts");
const rows = [...renewedChances(coverage)].map(([name, row]) => `  "${name}": "${row.join(" ")}",`);
const [before = "", rest = ""] = readFileSync(place, "utf8").split("= {\n");
writeFileSync(place, `${before}= {\n${rows.join("\n")}\n};${rest.slice(rest.indexOf("};") + 2)}`);
