import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Trial, trials } from "./all.ts";
import { type PeerDefect, peerDefects } from "./peers.ts";

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
    peerSection(),
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

/** The mutants of a defect; an error where one is named that is not there. */
export function trialsOf({ mutants }: PeerDefect): readonly Trial[] {
  return mutants.map((name) => {
    const trial = trials.find(({ of, id }) => `${of} ${id}` === name);
    if (!trial) throw new Error(`There is no mutant ${name}.`);
    return trial;
  });
}

function peerSection(): string {
  const rows = peerDefects.map((one) => {
    const found = trialsOf(one);
    const ids = found.map(({ of, id }) => `\`${id}\` (${of})`);
    const cases = [...new Set(found.map(({ killedBy }) => `\`${killedBy}\``))];
    const tests = (one.tests ?? []).map(([file, name]) => `\`${file}\`: "${name}"`);
    const beside = [...tests, ...(one.note === undefined ? [] : [one.note])];
    return `| ${[one.defect, ids.join(", "), cases.join(", "), beside.join("; ")].join(" | ")} |`;
  });
  return [
    "",
    "## What other libraries got wrong",
    "",
    "Each defect that the design found in them, the mutants that have it, and the cases that notice; beside them the tests that hold the rest.",
    "",
    "| defect | mutants | killed by | beside |",
    "|---|---|---|---|",
    ...rows,
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(tablePath, mutantTable());
  process.stdout.write(mutantTable());
}
