import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bridgeRows } from "./bridge/rows.ts";
import { findEngines } from "./engines/found.ts";
import { longThread } from "./longThread.ts";
import { machine } from "./machine.ts";
import { memories } from "./memories.ts";
import { rowsOf } from "./rows/all.ts";
import { allKept, type Row, tableOf } from "./table.ts";

/** Measures the stores against the raw driver in the same run, at the same durability: a table for each engine, printed and written to `results.md`. The exit code says whether every promise was kept. */
await using opened = new AsyncDisposableStack();
const folder = opened.adopt(await mkdtemp(join(tmpdir(), "perdure-bench-")), (it) =>
  rm(it, { recursive: true }),
);
const found = opened.use(await findEngines(folder));
const page: string[] = [];
const tell = (...lines: readonly string[]): void => {
  console.log(lines.join("\n"));
  page.push(...lines);
};

tell(
  "# Results",
  "",
  `What \`make bench\` printed on ${machine}; it writes this page. Messages of 1 KB, one checkpoint for each, through the public door; medians; the same durability on both sides.`,
  "",
  ...found.without,
);
const rows: Row[] = [];
for (const engine of [...found.engines, ...found.others]) {
  const own = await rowsOf(engine);
  tell(`## ${engine.name} (${engine.durability})`, "", tableOf(own), "");
  rows.push(...own);
}
const bridge = await bridgeRows(folder);
tell(
  "## The bridge on SQLite beside a function written by hand with the same steps",
  "",
  tableOf(bridge),
  "",
);
rows.push(...bridge);
tell(
  "## A thread of 10,000 messages in SQLite, each an entry of its history and a checkpoint of its own",
  "",
  "```",
  await longThread(folder),
  "```",
  "",
  "## 10,000 memories of 60 words in one scope in SQLite",
  "",
  "```",
  await memories(folder),
  "```",
);
await writeFile(join(import.meta.dirname, "results.md"), `${page.join("\n")}\n`);
if (!allKept(rows)) process.exitCode = 1;
