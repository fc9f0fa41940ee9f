import { checkGiven, type Store } from "@perdure/checkpoint-core";
import { unlessDeleted } from "../deleted.ts";
import { childRun, unlessGone } from "../subagents/childRun.ts";
import { childOn } from "../subagents/names.ts";
import type { CalledAgent, DeleteThreadOptions } from "../target.ts";
import { scoped } from "./scope.ts";
import { checkData } from "./sending.ts";

const OPTIONS: ReadonlySet<string> = new Set<keyof DeleteThreadOptions>([
  "threadId",
  "reason",
  "operationId",
  "scope",
  "data",
]);

/** What the model above is told of a run, and people of their decisions, when nothing else is said. */
const WHY = "Its thread was deleted.";

/**
 * The thread is gone. First its run ends, so that whoever waits for that is told, and every step of this can be done again by the same call. A late retry under the same operation id ends no run of a
 * later life.
 */
export async function deleteThread(
  of: { readonly store: Store },
  cancel: CalledAgent["cancel"],
  options: DeleteThreadOptions,
): Promise<void> {
  checkGiven("deleteThread", options, { threadId: "text" }, OPTIONS);
  const { threadId, reason = WHY, operationId, data = {}, scope } = options;
  checkGiven("deleteThread", { reason }, { reason: "text" });
  checkData(data);
  const store = scoped(of, { scope });
  const whose = { data, ...(scope === undefined ? {} : { scope }) };
  const ahead = async (): Promise<void> => {
    for (const runId of await runsOn(store, threadId))
      await unlessGone(cancel({ runId, reason, ...whose }));
  };
  await store.threads.delete(threadId, {
    ahead,
    ...(operationId === undefined ? {} : { operationId }),
  });
}

/** The runs that somebody waits for: the one that has the thread, and the one that the thread was made for, where it works for another run. */
async function runsOn(store: Store, threadId: string): Promise<ReadonlySet<string>> {
  const child = childOn(threadId);
  // A deletion that was cut short has told of its run before it began.
  const holding = await unlessDeleted(store.runs.holding(threadId));
  // One that works for another run is told of also where it has ended before.
  const run = (child !== undefined && (await childRun(store, child))) || holding;
  return new Set([run, holding].flatMap((one) => one?.id ?? []));
}
