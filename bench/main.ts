import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEngines } from "./engines/found.ts";
import { longThread } from "./longThread.ts";
import { memories } from "./memories.ts";
import { rowsOf } from "./rows/all.ts";
import { allKept, type Row, tableOf } from "./table.ts";

/** Measures the stores against the raw driver in the same run, at the same durability, and prints a table for each engine. The exit code says whether every promise was kept. */
await using opened = new AsyncDisposableStack();
const folder = opened.adopt(await mkdtemp(join(tmpdir(), "perdure-bench-")), (it) =>
  rm(it, { recursive: true }),
);
const found = opened.use(await findEngines(folder));
console.log("Messages of 1 KB, one checkpoint for each; the same durability on both sides.");
for (const sentence of found.without) console.log(sentence);
const rows: Row[] = [];
for (const engine of [...found.engines, ...found.others]) {
  const own = await rowsOf(engine);
  console.log(`\n${engine.name} (${engine.durability})\n`);
  console.log(tableOf(own));
  rows.push(...own);
}
console.log(
  "\nA thread of 10,000 messages of 1 KB in SQLite, each an entry of its history and a checkpoint of its own:\n",
);
console.log(await longThread(folder));
console.log("\n10,000 memories of 60 words in one scope in SQLite:\n");
console.log(await memories(folder));
if (!allKept(rows)) process.exitCode = 1;
