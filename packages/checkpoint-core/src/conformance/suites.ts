import { type BackendCaseOptions, backendCases } from "./backend/cases.ts";
import type { BackendSubject } from "./backend/subject.ts";
import { checkpointerCases } from "./checkpoints/cases.ts";
import type { CheckpointerSubject } from "./checkpoints/plain.ts";
import type { HistoryConfigSubject } from "./history/config.ts";
import { historyConfigCases } from "./history/configCases.ts";
import type { HistoryStoreSubject } from "./history/store.ts";
import { historyStoreCases } from "./history/storeCases.ts";
import { type LinearizabilityCaseOptions, linearizabilityCases } from "./linearizability/cases.ts";
import type { LinearizabilitySubject } from "./linearizability/subject.ts";
import type { MemoryStoreSubject } from "./memory/store.ts";
import { memoryStoreCases } from "./memory/storeCases.ts";
import { type StoreCaseOptions, storeCases } from "./store/cases.ts";
import { type PlannedTest, planSuite, type SuiteOptions } from "./suite.ts";

/** Makes a group of tests of that name. */
export type Declare = (name: string, tests: readonly PlannedTest[]) => void;

/** The suites of the kit, as one runner runs them. Each call makes a group of tests under the given name. */
export interface Suites {
  /** The nine laws, on a `Backend`. */
  readonly backendSuite: (
    name: string,
    options: SuiteOptions<BackendSubject> & BackendCaseOptions,
  ) => void;
  /** What stores promise, over a `Backend`. */
  readonly storeSuite: (
    name: string,
    options: SuiteOptions<BackendSubject> & StoreCaseOptions,
  ) => void;
  /** What agents need of a checkpointer, on anything that has its four methods. */
  readonly checkpointerSuite: (name: string, options: SuiteOptions<CheckpointerSubject>) => void;
  /** What AgentKit's networks need of a `HistoryConfig`. */
  readonly historyConfigSuite: (
    name: string,
    options: SuiteOptions<HistoryConfigSubject> & Parameters<typeof historyConfigCases>[0],
  ) => void;
  /** What agents need of a `HistoryStore`. */
  readonly historyStoreSuite: (name: string, options: SuiteOptions<HistoryStoreSubject>) => void;
  /** That the verbs of a `Backend` are one after the other, whoever calls them in however many processes, and whatever breaks meanwhile. */
  readonly linearizabilitySuite: (
    name: string,
    options: SuiteOptions<LinearizabilitySubject> & LinearizabilityCaseOptions,
  ) => void;
  /** What agents need of a `MemoryStore`. */
  readonly memoryStoreSuite: (name: string, options: SuiteOptions<MemoryStoreSubject>) => void;
}

/** Makes the suites for a runner. */
export function suitesFor(declare: Declare): Suites {
  return {
    backendSuite: (name, options) => declare(name, planSuite(backendCases(options), options)),
    storeSuite: (name, options) => declare(name, planSuite(storeCases(options), options)),
    checkpointerSuite: (name, options) => declare(name, planSuite(checkpointerCases(), options)),
    historyConfigSuite: (name, options) =>
      declare(name, planSuite(historyConfigCases(options), options)),
    historyStoreSuite: (name, options) => declare(name, planSuite(historyStoreCases(), options)),
    linearizabilitySuite: (name, options) =>
      declare(name, planSuite(linearizabilityCases(options), options)),
    memoryStoreSuite: (name, options) => declare(name, planSuite(memoryStoreCases(), options)),
  };
}
