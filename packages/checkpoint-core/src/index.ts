export type {
  AgentResultClass,
  AgentResultLike,
  HistoryConfig,
  HistoryConfigOptions,
  HookContext,
  StateData,
  StateLike,
  StepLike,
  UserMessageLike,
} from "./agentkit/contract.ts";
export { type SavedData, savedStateData, saveStateData } from "./agentkit/data.ts";
export { historyConfig } from "./agentkit/historyConfig.ts";
export {
  type AgentLike,
  type AgentState,
  runAgent,
  type RunAgentOptions,
} from "./agentkit/runAgent.ts";
export type {
  Backend,
  BackendLimits,
  Expectation,
  HeldRecord,
  Page,
  ScanRange,
  StoredRecord,
  Write,
  WriteBatch,
} from "./backend/contract.ts";
export { encodeId, keyAt, ordinalKey, partitionName, prefixRange } from "./backend/keys.ts";
export { type MemoryBackendOptions, memoryBackend } from "./backend/memory.ts";
export type { UserChange } from "./codec/change.ts";
export { digestOf } from "./codec/digest.ts";
export { decodeText, encodeText } from "./codec/text.ts";
export {
  ConflictError,
  ContentionError,
  DeletedError,
  IncompatibleError,
  isStorageError,
  LeaseLostError,
  StorageError,
  type StorageErrorCode,
  type StorageErrorOptions,
} from "./errors.ts";
export { checkGiven, isStore, type Needed } from "./given.ts";
export { openStore } from "./open.ts";
export { StoreCheckpointer } from "./plug/checkpointer.ts";
export { holdingBack } from "./plug/heldBack.ts";
export { ownedHistory } from "./plug/history.ts";
export { apart } from "./plug/options.ts";
export type {
  Approval,
  ApprovalReference,
  ApprovalRequest,
  ApprovalStatus,
  ApprovalStore,
  DecideOptions,
  DecideResult,
  Decision,
  InputCheck,
  PendingPage,
} from "./store/approvals/contract.ts";
export type {
  AppendOptions,
  Attachment,
  AttachOptions,
  Checkpointer,
  CheckpointDamage,
  CheckpointRecord,
  PutOptions,
} from "./store/checkpoints/contract.ts";
export { mayBeOfLife } from "./store/checkpoints/schema.ts";
export type { Commit, CommitOptions, CommitResult } from "./store/commit/contract.ts";
export type { Scope } from "./store/context.ts";
export type { Store } from "./store/contract.ts";
export type {
  Attempt,
  Effect,
  EffectFacts,
  EffectOutcome,
  EffectStore,
  OnceOptions,
  OnceResult,
  Resolution,
  ResolveResult,
  UnknownAnswer,
  UnknownEffect,
  Unkept,
} from "./store/effects/contract.ts";
export {
  EffectInFlightError,
  EffectNotDoneError,
  EffectUnknownError,
} from "./store/effects/errors.ts";
export type {
  AppendResult,
  HistoryEntry,
  HistoryRange,
  HistoryStore,
  NewEntry,
  ReplaceOptions,
  RewriteOptions,
  UpdateOptions,
  UpsertEntry,
} from "./store/history/contract.ts";
export type { Lease } from "./store/lease/lease.ts";
export { type OneByOne, oneByOne } from "./store/oneByOne.ts";
export type { OperationOptions } from "./store/operation.ts";
export type { PageOptions } from "./store/listing.ts";
export type { DueReminder, DueWake, MaintenanceReport } from "./store/maintenance/contract.ts";
export type {
  Embedder,
  FoundMemory,
  Memory,
  MemoryMetadata,
  MemoryOperation,
  MemoryOptions,
  MemoryProvider,
  MemoryResult,
  MemoryScope,
  MemorySearch,
  MemorySearchResult,
  MemoryStore,
  MemoryUpdate,
  NewMemory,
} from "./store/memory/contract.ts";
export type {
  Answer,
  AssistantMessage,
  Native,
  Message,
  ToolCall,
  ToolMessage,
  ToolResult,
} from "./store/messages.ts";
export type {
  AmendOptions,
  AmendResult,
  BeginAnswer,
  BeginOptions,
  Look,
  OpenPage,
  Run,
  RunOutcome,
  RunPage,
  RunStatus,
  RunStore,
  SettleResult,
  StoredTurn,
  ThreadStanding,
} from "./store/runs/contract.ts";
export { runOfEntry, turnEntries } from "./store/runs/closing.ts";
export type {
  Reminder,
  ReminderStatus,
  ReminderStore,
} from "./store/reminders/contract.ts";
export type {
  CompressionOptions,
  EncryptionOptions,
  MasterKey,
  SealingOptions,
} from "./store/sealing/options.ts";
export type {
  CopiedPlace,
  CopyOptions,
  CopyProgress,
  CopyReport,
} from "./store/moving/contract.ts";
export { copyStore } from "./store/moving/copy.ts";
export type { StoreOptions } from "./store/options.ts";
export { createStore } from "./store/store.ts";
export type {
  Thread,
  ThreadDeletion,
  ThreadOptions,
  ThreadPage,
  ThreadRange,
  ThreadStore,
  ThreadUpdate,
} from "./store/threads/contract.ts";
export type { Unreadable } from "./store/unreadable.ts";
export type {
  StreamAppendResult,
  StreamEvent,
  StreamInfo,
  StreamOptions,
  StreamPage,
  StreamStore,
} from "./store/streams/contract.ts";
export { type Notifier, processNotifier } from "./backend/notifier.ts";
export type { Timer } from "./store/timer.ts";
