import type {
  AppendOptions,
  Attachment,
  AttachOptions,
  Checkpointer,
  CheckpointRecord,
  OperationOptions,
  PutOptions,
  Store,
} from "@perdure/checkpoint-core";
import { type SqliteStoreOptions, sqliteStore } from "./store.ts";

/** Checkpoints in one SQLite file, for an agent that takes a `Checkpointer`, as Ziro's do. It is the checkpoint part of {@link SqliteCheckpointer.store}. */
export class SqliteCheckpointer implements Checkpointer, AsyncDisposable {
  /** The whole store over the same file. */
  readonly store: Store;

  constructor(options: SqliteStoreOptions) {
    this.store = sqliteStore(options);
  }

  put(threadId: string, state: unknown, options?: PutOptions): Promise<string> {
    return this.store.checkpoints.put(threadId, state, options);
  }

  append(threadId: string, options: AppendOptions): Promise<string> {
    return this.store.checkpoints.append(threadId, options);
  }

  get<S = unknown>(threadId: string, checkpointId?: string): Promise<S | null> {
    return this.store.checkpoints.get<S>(threadId, checkpointId);
  }

  record(threadId: string, checkpointId?: string): Promise<CheckpointRecord | null> {
    return this.store.checkpoints.record(threadId, checkpointId);
  }

  list(
    threadId: string,
    options?: { readonly limit?: number; readonly before?: string },
  ): Promise<CheckpointRecord[]> {
    return this.store.checkpoints.list(threadId, options);
  }

  fork(
    threadId: string,
    checkpointId: string,
    newThreadId: string,
    options?: OperationOptions,
  ): Promise<string> {
    return this.store.checkpoints.fork(threadId, checkpointId, newThreadId, options);
  }

  attach(
    threadId: string,
    checkpointId: string,
    key: string,
    value: unknown,
    options?: AttachOptions,
  ): Promise<void> {
    return this.store.checkpoints.attach(threadId, checkpointId, key, value, options);
  }

  attachments(threadId: string, checkpointId: string): Promise<readonly Attachment[]> {
    return this.store.checkpoints.attachments(threadId, checkpointId);
  }

  delete(
    threadId: string,
    checkpointId?: string,
    options?: { readonly operationId?: string },
  ): Promise<void> {
    return this.store.checkpoints.delete(threadId, checkpointId, options);
  }

  /** Closes the file, unless the connection was passed in. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
  }
}
