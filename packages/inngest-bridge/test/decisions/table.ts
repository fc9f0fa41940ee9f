import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { deciding } from "./deciding.ts";
import { elsewhere } from "./elsewhere.ts";
import { refusing } from "./refusing.ts";
import { resuming } from "./resuming.ts";
import type { Case, Row } from "./scene.ts";

/** All rows. */
export const rows: readonly Row[] = [...deciding, ...refusing, ...resuming, ...elsewhere];

/** Where the page is kept. */
export const pagePath: string = fileURLToPath(
  new URL("../../../../docs/decision-table.md", import.meta.url),
);

/** The table as it is run, as the page that is kept in the docs. */
export function page(): string {
  return [
    "# Decisions, as they are run",
    "",
    "What becomes of a decision, a resume, a rerun or a message, whenever it comes. Each line under a row is a test of `inngest-bridge` (`test/decisions`), in memory and on SQLite, with the SDK's",
    "checkpointing on and off: what is seen is what the test compares, word for word, and another test holds this page to them",
    "(`node packages/inngest-bridge/test/decisions/table.ts` writes it). An execution's answer is its report's `status`, and behind the colon why.",
    ...rows.map(section),
    "",
  ].join("\n");
}

function section({ when, outcome, cases, beside = [] }: Row): string {
  const more = beside.map(([file, test]) => `\`${file}\` ("${test}")`).join(", ");
  return [
    "",
    `## ${when}`,
    "",
    `${outcome}.`,
    "",
    "| what happens | what is seen |",
    "|---|---|",
    ...cases.map(line),
    ...(more === "" ? [] : ["", `Beside it: ${more}.`]),
  ].join("\n");
}

function line({ does, sees }: Case): string {
  return `| ${[does, sees.join("<br>")].map((part) => part.replaceAll("|", "\\|")).join(" | ")} |`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(pagePath, page());
  process.stdout.write(page());
}
