import { describe, it } from "node:test";
import { type Suites, suitesFor } from "./suites.ts";

/** Milliseconds after which a case counts as hung: races and searches on a slow engine take seconds. */
const TIMEOUT_MS = 120_000;

const suites = suitesFor((name, tests) => {
  void describe(name, () => {
    for (const test of tests) void it(test.title, { timeout: TIMEOUT_MS }, () => test.run());
  });
});

/** The nine laws as tests of node:test. */
export const backendSuite: Suites["backendSuite"] = suites.backendSuite;

/** What agents need of a checkpointer. */
export const checkpointerSuite: Suites["checkpointerSuite"] = suites.checkpointerSuite;

/** What AgentKit's networks need of a history. */
export const historyConfigSuite: Suites["historyConfigSuite"] = suites.historyConfigSuite;

/** What agents need of a history store. */
export const historyStoreSuite: Suites["historyStoreSuite"] = suites.historyStoreSuite;

/** That racing clients in several processes are told what can have happened one after the other. */
export const linearizabilitySuite: Suites["linearizabilitySuite"] = suites.linearizabilitySuite;

/** What agents need of a memory store. */
export const memoryStoreSuite: Suites["memoryStoreSuite"] = suites.memoryStoreSuite;

/** What stores promise over a backend. */
export const storeSuite: Suites["storeSuite"] = suites.storeSuite;
