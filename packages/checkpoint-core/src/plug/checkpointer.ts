import { checkGiven } from "../given.ts";
import type {
  AppendOptions,
  Attachment,
  AttachOptions,
  Checkpointer,
  CheckpointRecord,
  PutOptions,
} from "../store/checkpoints/contract.ts";
import type { Store } from "../store/contract.ts";
import type { OperationOptions } from "../store/operation.ts";
import { isHeldBack } from "./heldBack.ts";

/**
 * The checkpoint part of a store, for an agent that takes a `Checkpointer`, as Ziro's do. Each backend package extends it with a constructor that opens the store; disposing it disposes the
 * store.
 */
export class StoreCheckpointer implements Checkpointer, AsyncDisposable {
  /** The whole store over the same engine. */
  readonly store: Store;

  constructor(store: Store) {
    checkGiven("StoreCheckpointer", { store }, { store: "store" });
    this.store = store;
  }

  async put(threadId: string, state: unknown, options?: PutOptions): Promise<string> {
    if (isHeldBack(state)) return "";
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

  /** Disposes the store. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
  }
}
