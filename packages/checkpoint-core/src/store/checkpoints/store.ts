import { type StateImage, valueOf } from "../../codec/image.ts";
import type { StoreContext } from "../context.ts";
import { checkId, checkOperationId, operationKey } from "../operation.ts";
import { checkList, checkPut } from "./arguments.ts";
import { type CheckpointCache, checkpointCache } from "./cache.ts";
import type { Checkpointer, PutOptions } from "./contract.ts";
import type { Ground } from "./place.ts";
import { putCheckpoint } from "./put.ts";
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
  const groundOf = (threadId: string): Ground => {
    checkId("threadId", threadId);
    return { context, cache, partition: context.thread(threadId), now: context.now() };
  };
  // Everything of the caller's is copied before the first await.
  const write = async (
    verb: "c-put" | "c-append",
    threadId: string,
    options: PutOptions,
    parentIsHead: boolean,
    sourceOn: (ground: Ground) => StateSource,
  ): Promise<string> => {
    const ground = groundOf(threadId);
    const { operationId, expectedHead, parentId } = options;
    if (parentId !== undefined) checkId("parentId", parentId);
    const checkpoint = { ...checkPut(options, ground.now), now: ground.now };
    const demand = { threadId, parentId, parentIsHead, expectedHead, source: sourceOn(ground) };
    const operation = operationId === undefined ? undefined : operationKey(verb, operationId);
    await context.ready();
    return putCheckpoint({ ...ground, demand, checkpoint, operation });
  };
  return {
    async put(threadId, state, options = {}) {
      return write("c-put", threadId, options, false, () => wholeState(state));
    },
    async append(threadId, { changes, branch = false, ...options }) {
      checkId("parentId", options.parentId);
      return write("c-append", threadId, options, !branch, (ground) =>
        changedState(changes, knownState(ground, options.parentId)),
      );
    },
    async get<S = unknown>(threadId: string, checkpointId?: string) {
      const ground = groundOf(threadId);
      if (checkpointId !== undefined) checkId("checkpointId", checkpointId);
      await context.ready();
      const image = await (checkpointId === undefined
        ? readHead(ground)
        : readState(ground, checkpointId));
      return image ? (valueOf(image) as S) : null;
    },
    async record(threadId, checkpointId) {
      const ground = groundOf(threadId);
      if (checkpointId !== undefined) checkId("checkpointId", checkpointId);
      await context.ready();
      const found = await readRecord(ground, checkpointId);
      return found ? recordOf(threadId, found) : null;
    },
    async list(threadId, options = {}) {
      const ground = groundOf(threadId);
      const page = checkList(options);
      await context.ready();
      const found = await listCheckpoints(ground, page);
      return found.map((checkpoint) => recordOf(threadId, checkpoint));
    },
    async delete(threadId, checkpointId, { operationId } = {}) {
      const ground = groundOf(threadId);
      if (checkpointId !== undefined) checkId("checkpointId", checkpointId);
      if (operationId !== undefined) checkOperationId(operationId);
      await context.ready();
      if (checkpointId !== undefined) return deleteOne(ground, checkpointId);
      const operation =
        operationId === undefined ? undefined : operationKey("c-delete", operationId);
      return deleteAll(ground, operation);
    },
  };
}

/** The parent's state, where this process has it, and knows that the scope's user may see it. */
function knownState(
  { context, cache, partition }: Ground,
  parentId: string,
): StateImage | undefined {
  const { user } = context.scope;
  const seen = cache.head(partition.name);
  if (user !== undefined && seen?.life.owner !== user) return undefined;
  const state = cache.state(partition.name, parentId);
  return state?.life !== undefined && state.life === seen?.life.revision ? state.image : undefined;
}
