import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { AgentResult } from "@inngest/agent-kit";
import {
  backendCases,
  checkpointerCases,
  historyConfigCases,
  historyStoreCases,
  memoryStoreCases,
  storeCases,
} from "../../../src/conformance/index.ts";
import { trials } from "./all.ts";
import { mutantTable, tablePath } from "./table.ts";

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
    ...storeCases(),
    ...checkpointerCases(),
    ...historyStoreCases(),
    ...memoryStoreCases(),
    ...historyConfigCases({ AgentResult }),
  ];
  const idle = new Set(cases.map(({ id }) => id).filter((id) => !killers.has(id)));
  expect([...idle]).toEqual([]);
});
