import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytes } from "./bytes.ts";
import { depth } from "./depth.ts";
import { encryption } from "./encryption.ts";
import { longThread } from "./longThread.ts";
import { memories } from "./memories.ts";
import { reads } from "./reads.ts";
import { states } from "./states.ts";
import { allKept, type Row, tableOf } from "./table.ts";
import { coldWrites, writes } from "./writes.ts";

/** Measures the stores against the raw driver in the same run, at the same durability, and prints one table. The exit code says whether every promise was kept. */
const folder = await mkdtemp(join(tmpdir(), "perdure-bench-"));
const rows: Row[] = [];
for (const part of [writes, coldWrites, encryption, depth, bytes, states, reads])
  rows.push(...(await part(folder)));
const long = await longThread(folder);
const remembered = await memories(folder);
await rm(folder, { recursive: true });

console.log("SQLite in WAL mode with synchronous = full on both sides; messages of 1 KB.\n");
console.log(tableOf(rows));
console.log(
  "\nA thread of 10,000 messages of 1 KB, each an entry of its history and a checkpoint of its own:\n",
);
console.log(long);
console.log("\n10,000 memories of 60 words in one scope:\n");
console.log(remembered);
if (!allKept(rows)) process.exitCode = 1;
