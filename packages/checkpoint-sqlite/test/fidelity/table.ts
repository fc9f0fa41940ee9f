import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { valueKinds } from "@perdure/checkpoint-core/conformance";
import { fidelity, type Way } from "./fidelity.ts";

/** Where the table is kept. */
export const tablePath: string = fileURLToPath(
  new URL("../../../../docs/fidelity.md", import.meta.url),
);

/** What becomes of each kind of value, as the page that is kept in the docs. */
export async function fidelityTable(): Promise<string> {
  const ways = await fidelity();
  const storages = [...new Set(ways.map(({ stored }) => stored))];
  const fates = ways.flatMap((way) => way.fates);
  const kept = fates.filter((fate) => fate === "kept").length;
  const refused = fates.filter((fate) => fate === "refused").length;
  const rows = valueKinds.map(
    ({ name }, index) =>
      `| ${name} | ${storages.map((stored) => cell(ways, stored, index)).join(" | ")} |`,
  );
  return [
    "# Fidelity",
    "",
    "What becomes of each kind of value in the conformance kit's list, as a checkpoint's state and as an entry of a history, written by one process and read by another.",
    `On ${[...new Set(ways.map(({ backend }) => backend))].join(", ")}, ${storages.join(", ")}: of ${fates.length} trials ${kept} came back as they were (of an error: name,`,
    `message, code and cause; never its stack), ${refused} were refused before anything was written, and ${fates.length - kept - refused} were lost. A cell stands for all backends, where they do not differ.`,
    "The tests of `checkpoint-sqlite` check that this page is current (`node packages/checkpoint-sqlite/test/fidelity/table.ts` writes it).",
    "",
    `| kind | ${storages.join(" | ")} |`,
    `|---${"|---".repeat(storages.length)}|`,
    ...rows,
    "",
  ].join("\n");
}

function cell(ways: readonly Way[], stored: string, index: number): string {
  const each = ways.filter((way) => way.stored === stored);
  const found = new Set(each.map(({ fates }) => fates[index]));
  if (found.size === 1) return [...found].join("");
  return each.map(({ backend, fates: of }) => `${backend}: ${of[index] ?? ""}`).join(", ");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(tablePath, await fidelityTable());
}
