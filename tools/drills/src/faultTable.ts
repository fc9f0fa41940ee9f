import { readFile, writeFile } from "node:fs/promises";
import type { DrillResult } from "./drill.ts";
import { type Outcome } from "./outcome.ts";
import { toldIn } from "./underLoad.ts";

/** A row of the table: what happened, how often, and what came of it. */
export interface FaultRow {
  readonly what: string;
  readonly times: number;
  readonly outcome: Outcome;
}

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

/** Writes what the drills of an engine have seen into docs/faults.md, in place of what stood there under its name; the notes close it. */
export async function writeFaults(
  engine: string,
  results: readonly DrillResult[],
  notes: string,
): Promise<void> {
  const text = await readFile(FILE, { encoding: "utf8", flag: "a+" });
  const rows = results.flatMap(({ row, passed }) => (row ? [rowOf(row, passed)] : []));
  const others = results.filter(({ row }) => !row);
  const lines = others.map(({ name, line }) => `- ${name}: ${line}.`);
  const section = [`## ${engine}`, [HEAD, ...rows].join("\n"), lines.join("\n"), notes].join(
    "\n\n",
  );
  const kept = text.split(/^(?=## )/m).slice(1);
  const sections = kept.filter((one) => !one.startsWith(`## ${engine}\n`));
  const all = [...sections, section].map((one) => one.trimEnd()).toSorted();
  await writeFile(FILE, `${[INTRO, ...all].join("\n\n")}\n`);
}

function rowOf({ what, times, outcome }: FaultRow, passed: boolean): string {
  const { acknowledged, replayed, lost, lostMs, doubled, torn } = outcome;
  const missing =
    lost > 0 ? `**${lost}**, the oldest acknowledged ${lostMs} ms before the last` : "0";
  const name = passed ? what : `**FAILED**: ${what}`;
  const cells = [name, times, acknowledged, toldIn(outcome), replayed, missing, doubled, torn];
  return `| ${cells.join(" | ")} |`;
}
