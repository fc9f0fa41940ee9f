import { readFileSync, writeFileSync } from "node:fs";
import type { DrillResult } from "./result.ts";
import { toldIn } from "./underLoad.ts";

const FILE = new URL("../../../docs/faults.md", import.meta.url);

const INTRO = `# Faults

What was killed, cut, stopped or moved while clients wrote, how often, and what was lost. The drills write this page (\`make drills\`): nobody edits it.

Three processes of four clients each write as fast as they can: entries of a history that all share, and commits of an entry with a checkpoint on threads of their own, each under an operation id. What fails is done again under the same id.
Each fault comes after 20 to 200 operations, as a seed says; after each one every client must go on by itself, and no process may end. In the end a process that remembers nothing reads all that is stored and compares it with what the clients were told.

- *told*: errors that callers got; each must be a \`StorageError\` of a right code that is retryable.
- *done unheard*: done, though its answer was lost; the retry got the first answer.
- *lost*: acknowledged and not there. *Doubled*: there twice. *Torn*: half of a commit is there.

What is killed with \`kill -9\` leaves to the operating system what it had handed over. A power cut does not: no row here says what survives one.`;

const HEAD = `| what happens while clients write | times | acknowledged | told | done unheard | lost | doubled | torn |
|---|---|---|---|---|---|---|---|`;

/** What stands in the table under an engine's name. */
export interface Chapter {
  readonly engine: string;
  /** All its drills by name, in the order of the page. */
  readonly names: readonly string[];
  /** What closes it. */
  readonly notes: string;
}

/** Writes what a drill has seen into docs/faults.md, in place of what stood there of that drill; what is there of drills that are no more goes. */
export function writeFault({ engine, names, notes }: Chapter, result: DrillResult): void {
  const text = readFileSync(FILE, { encoding: "utf8", flag: "a+" });
  const chapters = text.split(/^(?=## )/m).slice(1);
  const own = chapters.find((one) => one.startsWith(`## ${engine}\n`)) ?? "";
  const lines = new Map(own.split("\n").map((line) => [nameIn(line), line]));
  lines.set(nameIn(lineOf(result)), lineOf(result));
  const kept = names.flatMap((name) => lines.get(name) ?? []);
  const rows = kept.filter((line) => line.startsWith("|"));
  const others = kept.filter((line) => line.startsWith("-"));
  const table = rows.length === 0 ? "" : [HEAD, ...rows].join("\n");
  const parts = [table, others.join("\n"), notes];
  const chapter = [`## ${engine}`, ...parts.filter((part) => part !== "")].join("\n\n");
  const all = [...chapters.filter((one) => one !== own), chapter].map((one) => one.trimEnd());
  writeFileSync(FILE, `${[INTRO, ...all.toSorted()].join("\n\n")}\n`);
}

/** The drill that a line of the page is about: the first cell of a row, or what stands before the colon of a point. */
function nameIn(line: string): string {
  const [, row, point] =
    /^(?:\| (?:\*\*FAILED\*\* )?(.*?) \||- (?:\*\*FAILED\*\* )?(.*?): )/.exec(line) ?? [];
  return row ?? point ?? "";
}

function lineOf({ name, passed, line, row }: DrillResult): string {
  const failed = passed ? "" : "**FAILED** ";
  if (!row) return `- ${failed}${name}: ${line.split("\n")[0]}`;
  const { acknowledged, replayed, lost, lostMs, doubled, torn } = row.outcome;
  const missing =
    lost > 0 ? `**${lost}**, the oldest acknowledged ${lostMs} ms before the last` : "0";
  const told = toldIn(row.outcome);
  const cells = [failed + name, row.times, acknowledged, told, replayed, missing, doubled, torn];
  return `| ${cells.join(" | ")} |`;
}
