import { encodeId } from "../../backend/keys.ts";
import { ConflictError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { shardOf } from "../directory.ts";
import { encodeValue } from "../partition.ts";

/**
 * The run id leads to its thread, before a record of the run exists. Throws `INVALID_ARGUMENT` when another thread of the tenant uses it: run ids are one space for a tenant,
 * and the error says only that this one is taken, whoever has it.
 */
export async function indexRun(
  context: StoreContext,
  runId: string,
  threadId: string,
  now: number,
): Promise<void> {
  const found = await threadOfRun(context, runId, now);
  if (found === undefined && (await claimId(context, runId, threadId, now))) return;
  if ((found ?? (await threadOfRun(context, runId, now))) !== threadId) throw taken(runId);
}

/** Refuses a run id that another thread of the tenant uses, without taking it. */
export async function refuseTaken(
  context: StoreContext,
  runId: string,
  threadId: string,
  now: number,
): Promise<void> {
  if (((await threadOfRun(context, runId, now)) ?? threadId) !== threadId) throw taken(runId);
}

function taken(runId: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", `The run id ${runId} is taken.`);
}

/** The thread that a run id leads to. */
export async function threadOfRun(
  context: StoreContext,
  runId: string,
  now: number,
): Promise<string | undefined> {
  const key = entryKey(runId);
  const found = (await context.index("r", shardOf(runId)).read([key], now)).get(key);
  return found && (found.value() as { readonly threadId: string }).threadId;
}

async function claimId(
  context: StoreContext,
  runId: string,
  threadId: string,
  now: number,
): Promise<boolean> {
  const value = encodeValue({ threadId });
  try {
    await context
      .index("r", shardOf(runId))
      .write([{ op: "put", key: entryKey(runId), value, expect: "absent" }], now);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

function entryKey(runId: string): string {
  return `r/${encodeId(runId)}`;
}
