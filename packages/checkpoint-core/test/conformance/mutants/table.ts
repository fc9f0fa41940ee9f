import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { trials } from "./all.ts";

/** Where the table is kept. */
export const tablePath: string = fileURLToPath(
  new URL("../../../../../docs/mutants.md", import.meta.url),
);

/** The mutants and the cases that kill them, as the page that is kept in the docs. */
export function mutantTable(): string {
  const kinds = [...new Set(trials.map(({ of }) => of))];
  const counts = kinds.map(
    (kind) => `${trials.filter(({ of }) => of === kind).length} of a ${kind}`,
  );
  return [
    "# Mutants",
    "",
    `What the conformance kit notices is proven by what is broken: ${trials.length} mutants, ${counts.join(", ")}. Each is wrong in one way, and the case named beside it`,
    "fails on it; the same thing unbroken passes every case. The tests of `checkpoint-core` run each pair, and check that this page is current",
    "(`node packages/checkpoint-core/test/conformance/mutants/table.ts` writes it).",
    ...kinds.map(sectionOf),
    "",
  ].join("\n");
}

function sectionOf(kind: string): string {
  const rows = trials
    .filter(({ of }) => of === kind)
    .map(
      ({ id, does, killedBy }) =>
        `| \`${id}\` | ${does.replaceAll("|", "\\|")} | \`${killedBy}\` |`,
    );
  const head = [
    "",
    `## A ${kind} that`,
    "",
    "| mutant | what it does | killed by |",
    "|---|---|---|",
  ];
  return [...head, ...rows].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(tablePath, mutantTable());
  process.stdout.write(mutantTable());
}
