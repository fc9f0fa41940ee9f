import { digestOf } from "../codec/digest.ts";
import { encodeText } from "../codec/text.ts";
import { isStorageError, type StorageError } from "../errors.ts";
import type { Store } from "../store/contract.ts";
import type { NewEntry } from "../store/history/contract.ts";
import type { AgentResultLike, HistoryConfigOptions, HookContext, StateData } from "./contract.ts";
import { DATA_MARK, dataOf } from "./data.ts";
import { messageOf } from "./message.ts";
import { inStep, nameRun, type RunNotes, stepId, threadOf } from "./run.ts";

/** What results are saved with. */
export interface Saving<R extends AgentResultLike> {
  readonly store: Store;
  readonly options: HistoryConfigOptions<R>;
}

/**
 * The results of a run so far are stored, and its data as it is now, in one write and one step; what is stored already is not written again. Data that cannot be kept is
 * refused once the results are safe.
 */
export async function saveResults<R extends AgentResultLike>(
  { store, options }: Saving<R>,
  context: HookContext,
  run: RunNotes,
  results: readonly R[],
): Promise<void> {
  const data = options.data === false ? undefined : dataOf(context.state);
  const text = data && textOf(data);
  const changed = text !== undefined && text !== run.data;
  if (results.length <= run.stored && !changed) return;
  const threadId = threadOf(context);
  const ids = await idsOf(context, run, results);
  const entries = results
    .map((result, at): NewEntry => entryOf(ids[at] ?? "", messageOf(result, options.prompts)))
    .slice(run.stored);
  run.saves += 1;
  // Named by ids and by how often was saved: what the data holds may differ in a replay.
  const operationId = digestOf([ids.length > 0 ? ids : await nameRun(context, run), run.saves]);
  const id = `${stepId(context, "results")}:${operationId.slice(0, 16)}`;
  await inStep(context, id, async () => {
    if (typeof text === "string") {
      const checkpoint = { state: data, metadata: DATA_MARK };
      await store.commit(threadId, { history: entries, checkpoint }, { operationId });
    } else if (entries.length > 0) await store.history.append(threadId, entries);
    return entries.length;
  });
  run.stored = Math.max(run.stored, results.length);
  run.data = typeof text === "string" ? text : undefined;
  if (typeof text === "object") throw text;
}

/** The ids of a run's results: their own, or made of the run's name and their number. */
async function idsOf(
  context: HookContext,
  run: RunNotes,
  results: readonly AgentResultLike[],
): Promise<readonly string[]> {
  const nameless = results.some(({ id }) => !id);
  const name = nameless ? await nameRun(context, run) : "";
  return results.map(({ id }, index) => id || `${name}/${index}`);
}

function entryOf(id: string, value: unknown): NewEntry {
  return { id, value };
}

/** The data as text, or why it cannot be kept. */
function textOf(data: StateData): string | StorageError {
  try {
    return encodeText(data);
  } catch (error) {
    if (isStorageError(error)) return error;
    throw error;
  }
}
