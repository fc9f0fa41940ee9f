import { encodeId } from "../../backend/keys.ts";
import { type StateImage, valueOf } from "../../codec/image.ts";
import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId, checkOperationId, operationKey, operationOf } from "../operation.ts";
import { digestsOf } from "../payload.ts";
import { checkList, checkPut } from "./arguments.ts";
import { attachTo, encodeAttachment, readAttachments } from "./attachments.ts";
import { type CheckpointCache, checkpointCache } from "./cache.ts";
import type { Checkpointer, PutOptions } from "./contract.ts";
import { forkCheckpoint } from "./fork.ts";
import type { Ground } from "./ground.ts";
import { ownId } from "./names.ts";
import { isOwn, type PutCall, putCheckpoint } from "./put.ts";
import { listCheckpoints, readHead, readRecord, readState, recordOf } from "./read.ts";
import { deleteAll, deleteOne } from "./remove.ts";
import { changedState, type StateSource, wholeState } from "./source.ts";

/** Options of {@link checkpointStore}. */
export interface CheckpointStoreOptions {
  /** Shared by the stores of all scopes over one backend; a cache of its own when not given. */
  readonly cache?: CheckpointCache;
}

/** The checkpoints of one scope's threads. */
export function checkpointStore(
  context: StoreContext,
  { cache = checkpointCache() }: CheckpointStoreOptions = {},
): Checkpointer {
  const groundOf = (threadId: string, checkpointId?: string): Ground => {
    checkId("threadId", threadId);
    if (checkpointId !== undefined) checkId("checkpointId", checkpointId);
    return { context, cache, partition: context.thread(threadId), now: context.now() };
  };
  return {
    async put(threadId, state, options = {}) {
      const ground = groundOf(threadId);
      const source = wholeState(state);
      const call = putCall(ground, "c-put", { ...options, threadId }, source, () => ({ state }));
      await context.ready();
      return putCheckpoint(call);
    },
    async append(threadId, { changes, branch = false, ...options }) {
      const ground = groundOf(threadId);
      checkId("parentId", options.parentId);
      const source = changedState(changes, knownState(ground, options.parentId));
      const parentIsHead = !branch;
      const call = putCall(
        ground,
        "c-append",
        { ...options, threadId, parentIsHead },
        source,
        () => ({ changes: digestsOf(changes), branch }),
      );
      await context.ready();
      return putCheckpoint(call);
    },
    async get<S = unknown>(threadId: string, checkpointId?: string) {
      const ground = groundOf(threadId, checkpointId);
      await context.ready();
      const image = await (checkpointId === undefined
        ? readHead(ground)
        : readState(ground, await ownId(ground, checkpointId)));
      return image ? (valueOf(image) as S) : null;
    },
    async record(threadId, checkpointId) {
      const ground = groundOf(threadId, checkpointId);
      await context.ready();
      const id = checkpointId === undefined ? undefined : await ownId(ground, checkpointId);
      const found = await readRecord(ground, id);
      return found ? recordOf(threadId, found) : null;
    },
    async list(threadId, options = {}) {
      const ground = groundOf(threadId);
      const page = checkList(options);
      await context.ready();
      const found = await listCheckpoints(ground, page);
      return found.map((checkpoint) => recordOf(threadId, checkpoint));
    },
    ...besides(context, cache, groundOf),
  };
}

/** What is done with one checkpoint beside reading and writing it. */
function besides(
  context: StoreContext,
  cache: CheckpointCache,
  groundOf: (threadId: string, checkpointId?: string) => Ground,
): Pick<Checkpointer, "fork" | "attach" | "attachments" | "delete"> {
  return {
    async fork(threadId, checkpointId, newThreadId, options = {}) {
      const source = groundOf(threadId, checkpointId);
      checkId("checkpointId", checkpointId);
      checkId("newThreadId", newThreadId);
      if (threadId === newThreadId)
        throw new StorageError("INVALID_ARGUMENT", "A thread cannot be forked into itself.");
      const from = { source, threadId, checkpointId };
      const operation = operationOf("c-fork", options, () => ({ threadId, checkpointId })) ?? {
        key: operationKey("c-forked", checkpointId, threadId),
        payload: undefined,
      };
      await context.ready();
      return forkCheckpoint({ context, cache, ...from, newThreadId, operation });
    },
    async attach(threadId, checkpointId, key, value, { ifAbsent = false, ...naming } = {}) {
      const ground = groundOf(threadId, checkpointId);
      checkId("checkpointId", checkpointId);
      checkId("key", key);
      const bytes = encodeAttachment({ key, value });
      const target = `${encodeId(checkpointId)}/${key}`;
      const operation = operationOf("c-attach", naming, () => ({ value, ifAbsent }), target);
      await context.ready();
      await attachTo({ ...ground, checkpointId, key, bytes, ifAbsent, operation });
    },
    async attachments(threadId, checkpointId) {
      const ground = groundOf(threadId, checkpointId);
      checkId("checkpointId", checkpointId);
      await context.ready();
      return readAttachments(ground, checkpointId);
    },
    async delete(threadId, checkpointId, { operationId } = {}) {
      const ground = groundOf(threadId, checkpointId);
      const operation = operationIn("c-delete", operationId, checkpointId);
      await context.ready();
      await (checkpointId === undefined
        ? deleteAll(ground, operation)
        : deleteOne(ground, checkpointId, operation));
    },
  };
}

/** A call whose arguments are what they should be; all of the caller's is copied by now. */
function putCall(
  ground: Ground,
  verb: string,
  options: PutOptions & { readonly threadId: string; readonly parentIsHead?: boolean },
  source: StateSource,
  what: () => object,
): PutCall {
  const { threadId, parentId, expectedHead, parentIsHead = false } = options;
  const { id, metadata, ttlMs } = options;
  if (parentId !== undefined) checkId("parentId", parentId);
  return {
    ...ground,
    demand: { threadId, parentId, parentIsHead, expectedHead, name: id, source },
    checkpoint: { ...checkPut(options, ground.now), now: ground.now },
    operation: operationOf(verb, options, () => ({
      ...what(),
      parentId,
      expectedHead,
      id,
      metadata,
      ttlMs,
    })),
  };
}

function operationIn(
  verb: string,
  operationId: string | undefined,
  target = "",
): string | undefined {
  if (operationId === undefined) return undefined;
  checkOperationId(operationId);
  return operationKey(verb, operationId, target);
}

/** The parent's state, where this process has it, and knows that the scope's user may see it. What a caller's own id means may have changed: it is looked up first. */
function knownState(
  { context, cache, partition }: Ground,
  parentId: string,
): StateImage | undefined {
  const seen = cache.head(partition.name);
  const state = seen && isOwn(context, seen) && cache.state(partition.name, parentId);
  return state && state.life === seen.life.revision ? state.image : undefined;
}
