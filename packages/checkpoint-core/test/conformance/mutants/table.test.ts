import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { AgentResult } from "@inngest/agent-kit";
import {
  backendCases,
  checkpointerCases,
  historyConfigCases,
  historyStoreCases,
  linearizabilityCases,
  memoryStoreCases,
  storeCases,
} from "../../../src/conformance/index.ts";
import { trials } from "./all.ts";
import { peerDefects } from "./peers.ts";
import { mutantTable, tablePath, trialsOf } from "./table.ts";

const root = new URL("../../../../../", import.meta.url);

it("keeps the page of mutants current", async () => {
  expect(await readFile(tablePath, "utf8")).toBe(mutantTable());
});

it("names each case and each mutant of a kind once", () => {
  const ids = [...backendCases(), ...storeCases(), ...historyConfigCases({ AgentResult })].map(
    ({ id }) => id,
  );
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  const mutants = trials.map(({ of, id }) => `${of} ${id}`);
  expect(mutants.filter((id, index) => mutants.indexOf(id) !== index)).toEqual([]);
});

it("has a mutant for each case of the kit", () => {
  const killers = new Set(trials.map(({ killedBy }) => killedBy));
  const cases = [
    ...backendCases(),
    ...linearizabilityCases(),
    ...storeCases(),
    ...checkpointerCases(),
    ...historyStoreCases(),
    ...memoryStoreCases(),
    ...historyConfigCases({ AgentResult }),
  ];
  const idle = new Set(cases.map(({ id }) => id).filter((id) => !killers.has(id)));
  expect([...idle]).toEqual([]);
});

it("shows each of the 27 defects of other libraries by mutants or tests that are there, or says why it cannot be", async () => {
  expect(peerDefects).toHaveLength(27);
  for (const one of peerDefects) {
    const { defect, tests = [], note } = one;
    expect(trialsOf(one).length + tests.length > 0 || note !== undefined, defect).toBe(true);
    for (const [file, name] of tests)
      expect(await readFile(new URL(file, root), "utf8"), defect).toContain(name);
  }
});
