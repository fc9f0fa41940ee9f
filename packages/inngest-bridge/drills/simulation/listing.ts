import { encodeId, isStorageError, type Store, type Write } from "@perdure/checkpoint-core";
import type { Ledger } from "./ledger.ts";

/** No thread leaves the list of open ones, from which the upkeep knows it, while a run has it. */
export async function checkUnlisted(
  ledger: Ledger,
  store: Store,
  writes: readonly Write[],
): Promise<void> {
  for (const write of writes) {
    if (write.op !== "delete") continue;
    const run = [...ledger.runs.values()].find(
      ({ id }) => write.key === `t/${encodeId(ledger.partitions.get(id) ?? "")}`,
    );
    const holder = run && (await holderOf(store, run.threadId));
    if (holder !== undefined)
      ledger.problem(`${run?.threadId} leaves the list of open threads, and is ${holder}'s`);
  }
}

/** The run that has a thread; none where it is gone. */
async function holderOf({ runs }: Store, threadId: string): Promise<string | undefined> {
  try {
    return (await runs.holding(threadId))?.id;
  } catch (error) {
    if (isStorageError(error) && error.code === "DELETED") return undefined;
    throw error;
  }
}
