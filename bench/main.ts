import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytes } from "./bytes.ts";
import { depth } from "./depth.ts";
import { reads } from "./reads.ts";
import { allKept, type Row, tableOf } from "./table.ts";
import { coldWrites, writes } from "./writes.ts";

/** Measures the stores against the raw driver in the same run, at the same durability, and prints one table. The exit code says whether every promise was kept. */
const folder = await mkdtemp(join(tmpdir(), "perdure-bench-"));
const rows: Row[] = [];
for (const part of [writes, coldWrites, depth, bytes, reads]) rows.push(...(await part(folder)));
await rm(folder, { recursive: true });

console.log("SQLite in WAL mode with synchronous = full on both sides; messages of 1 KB.\n");
console.log(tableOf(rows));
if (!allKept(rows)) process.exitCode = 1;
