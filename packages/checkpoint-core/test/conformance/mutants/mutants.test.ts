import { AgentResult } from "@inngest/agent-kit";
import { expect, it } from "vitest";
import {
  backendSuite,
  checkpointerSuite,
  historyConfigSuite,
} from "../../../src/conformance/vitest.ts";
import { trials } from "./all.ts";
import { looseCheckpointer, type Shelf } from "./looseCheckpointer.ts";
import { type Ledger, looseHistoryConfig } from "./looseHistoryConfig.ts";
import { pliable, type State } from "./pliable.ts";

backendSuite("the pliable backend, unbroken", {
  create() {
    const states = new Map<string, State>();
    return Promise.resolve({
      backend: pliable({}, states),
      another: () => Promise.resolve(pliable({}, states)),
    });
  },
});

checkpointerSuite("the loose checkpointer, unbroken", {
  create() {
    const shelf: Shelf = { rows: [], operations: new Map() };
    return Promise.resolve({
      checkpointer: looseCheckpointer({}, shelf),
      another: () => Promise.resolve(looseCheckpointer({}, shelf)),
    });
  },
});

historyConfigSuite("the loose history of AgentKit, unbroken", {
  AgentResult,
  create() {
    const ledger: Ledger = { messages: [], owners: new Map(), data: new Map() };
    return Promise.resolve({
      history: looseHistoryConfig({}, ledger),
      another: () => Promise.resolve(looseHistoryConfig({}, ledger)),
      as: (user: string) => Promise.resolve(looseHistoryConfig({}, ledger, user)),
    });
  },
});

it.each(trials)("$killedBy kills the $of $id, which $does", async ({ killedBy, run }) => {
  const failure = await run();
  expect(failure?.caseId).toBe(killedBy);
});
