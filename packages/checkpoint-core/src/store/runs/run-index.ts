import { encodeId } from "../../backend/keys.ts";
import { ConflictError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { shardOf } from "../directory.ts";
import { encodeValue } from "../partition.ts";

/** The run id leads to its thread, before a record of the run exists. Throws `INVALID_ARGUMENT` when another thread of the tenant uses it. */
export async function indexRun(
  context: StoreContext,
  runId: string,
  threadId: string,
  now: number,
): Promise<void> {
  const found = await threadOfRun(context, runId, now);
  if (found === undefined && (await claimId(context, runId, threadId, now))) return;
  if ((found ?? (await threadOfRun(context, runId, now))) !== threadId)
    throw new StorageError("INVALID_ARGUMENT", `Run ${runId} belongs to another thread.`);
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
