export { TestInngestError, type TestInngestErrorCode } from "./errors.ts";
export type { EventData, EventInput, StoredEvent } from "./event.ts";
export {
  type Fault,
  faultAt,
  type FaultPlan,
  type Faults,
  type Message,
  seededFaults,
} from "./faults.ts";
export type { Gateway } from "./outside.ts";
export { type ServedInngest, serveTestInngest } from "./http.ts";
export { type Limits, serverLimits, serverRetryDelay } from "./limits.ts";
export type { RealtimeMessage } from "./realtimeMessage.ts";
export type { RunError, RunStatus, RunView, StepView } from "./run.ts";
export { createTestInngest } from "./server.ts";
export type { App, AppInstance, TestInngest, TestInngestOptions } from "./test-inngest.ts";
export type { Exchange, RequestRecord } from "./world.ts";
