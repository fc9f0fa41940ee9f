import { type BackendCaseOptions, backendCases } from "./backend/cases.ts";
import type { BackendSubject } from "./backend/subject.ts";
import { type PlannedTest, planSuite, type SuiteOptions } from "./suite.ts";

/** Options of {@link BackendSuite}: how to make a backend on empty storage, what is waived, and how long to search. */
export type BackendSuiteOptions = SuiteOptions<BackendSubject> & BackendCaseOptions;

/** The suites of the kit, as one runner runs them. Each call makes a group of tests under the given name. */
export interface Suites {
  /** The nine laws, on a `Backend`. */
  readonly backendSuite: (name: string, options: BackendSuiteOptions) => void;
}

/** Makes the suites for a runner. `declare` makes a group of tests of that name. */
export function suitesFor(declare: (name: string, tests: readonly PlannedTest[]) => void): Suites {
  return {
    backendSuite: (name, options) => declare(name, planSuite(backendCases(options), options)),
  };
}
