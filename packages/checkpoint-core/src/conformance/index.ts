export { type BackendCaseOptions, backendCases } from "./backend/cases.ts";
export type { ModelOptions } from "./backend/model.ts";
export type { BackendSubject } from "./backend/subject.ts";
export { type Case, ConformanceFailure, defineCase } from "./case.ts";
export { hostileStrings } from "./hostileStrings.ts";
export { type Disposal, type PlannedTest, planSuite, runCase, type SuiteOptions } from "./suite.ts";
