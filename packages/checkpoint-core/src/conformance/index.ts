export { type BackendCaseOptions, backendCases } from "./backend/cases.ts";
export type { ModelOptions } from "./backend/model.ts";
export type { BackendSubject } from "./backend/subject.ts";
export { type Case, ConformanceFailure, defineCase } from "./case.ts";
export { checkpointerCases } from "./checkpoints/cases.ts";
export type {
  CheckpointerSubject,
  PlainCheckpointer,
  PlainCheckpointMeta,
} from "./checkpoints/plain.ts";
export type { ConfigHooks, HistoryConfigSubject } from "./history/config.ts";
export { historyConfigCases } from "./history/configCases.ts";
export type { HistoryStoreSubject } from "./history/store.ts";
export { historyStoreCases } from "./history/storeCases.ts";
export { hostileStrings } from "./hostileStrings.ts";
export { type LinearizabilityCaseOptions, linearizabilityCases } from "./linearizability/cases.ts";
export type { BackendModule } from "./linearizability/host.ts";
export type { RunReport } from "./linearizability/run.ts";
export type { Faults, LinearizabilitySubject, RunSize } from "./linearizability/subject.ts";
export type { MemoryStoreSubject } from "./memory/store.ts";
export { memoryStoreCases } from "./memory/storeCases.ts";
export type { OpenStore } from "./store/bench.ts";
export { type StoreCaseOptions, storeCases } from "./store/cases.ts";
export { type Disposal, type PlannedTest, planSuite, runCase, type SuiteOptions } from "./suite.ts";
export { portrait, type ValueKind, valueKinds } from "./values.ts";
