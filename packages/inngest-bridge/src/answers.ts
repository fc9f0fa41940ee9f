import { type Run, type Store, StorageError } from "@perdure/checkpoint-core";
import { crossedStep } from "./crossed.ts";
import { unlessDeleted } from "./deleted.ts";
import type { Host } from "./host.ts";
import type { RunReport } from "./report.ts";
import { isShortened, isShortenedFrom, shortened } from "./shortened.ts";

/** What has become of a run as the code behind a call learns it: its output, or what else is to be said of it. */
export type Answer<T> = { readonly output: unknown } | { readonly other: T | undefined };

/**
 * What a report comes to for the code behind it, the same in every later pass, whatever becomes of the run in the meantime: a pass that saw another answer than the one before would go another way
 * through the function. What the report does not say is looked up in a step, `other` for a run that has not completed. Throws `DELETED` as {@link wholeOutput} does.
 */
export async function answerIn<T>(
  host: Host,
  report: RunReport,
  other: (run: Run) => T | Promise<T>,
): Promise<Answer<T>> {
  const { store } = host;
  const { runId } = report;
  const found = await crossedStep(host, { id: "answer" }, async () => {
    const answer = await unlessDeleted(answerAbout(store, runId, other));
    return answer ?? { other: undefined };
  });
  if (!("output" in found)) return found;
  return { output: await wholeOutput(store, { runId, output: found.output }) };
}

async function answerAbout<T>(
  store: Store,
  runId: string,
  other: (run: Run) => T | Promise<T>,
): Promise<Answer<T>> {
  const run = await store.runs.get(runId);
  if (run?.outcome?.status === "completed") return { output: shortened(run.outcome.output) };
  return { other: run && (await other(run)) };
}

/** The output of a run, of which a report may have kept, of the whole or of its parts, only how it begins: then it is the stored one. Throws `DELETED` where that is gone. */
export async function wholeOutput(
  store: Store,
  { runId, output }: { readonly runId: string; readonly output: unknown },
): Promise<unknown> {
  if (!isShortened(output)) return output;
  const { outcome } = (await store.runs.get(runId)) ?? {};
  if (outcome?.status === "completed" && isShortenedFrom(outcome.output, output))
    return outcome.output;
  throw new StorageError("DELETED", "The thread was deleted when its run had ended.");
}
