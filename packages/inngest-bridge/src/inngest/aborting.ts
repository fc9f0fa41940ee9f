import { digestOf, isStorageError, type Run, type Store } from "@perdure/checkpoint-core";
import { callAfterRun } from "../calling.ts";
import { crossedStep } from "../crossed.ts";
import { unlessDeleted } from "../deleted.ts";
import type { Host } from "../host.ts";
import type { RunInput } from "../runInput.ts";
import { type Owner, wakeEventOf } from "./owning.ts";
import { threadName } from "./threadName.ts";

/** Who says that a run was aborted: without an agent, whoever works in a function of their own. */
type Sender = Pick<Owner, "inngest"> &
  Partial<Omit<Owner, "inngest">> & { readonly callbacks?: Host["callbacks"] };

/** Tells the function of the run's own agent that calls `onAbort`: a run that was cancelled, or has lost its thread, may have no execution that could. The event is named by the run: sent twice, it comes once. */
export async function sendAborted(
  sender: Sender,
  store: Store,
  run: Run,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  const name = isAborted(run) ? listenerOf(sender, run) : undefined;
  if (name === undefined) return;
  const { id: runId, threadId, life } = run;
  const { fields: own } = (run.input ?? {}) as Partial<RunInput>;
  const named = digestOf([threadName(store, threadId), life, runId]).slice(0, 32);
  await sender.inngest.send({
    id: `perdure:aborted:${named}`,
    name,
    data: { ...own, ...fields, threadId, runId, life, aborted: true },
  });
}

/** The event by which the run's agent hears of it; none where nobody would be called. */
function listenerOf(
  { inngest, agent, resumeEvent, callbacks }: Sender,
  run: Run,
): string | undefined {
  const { wakeBy } = (run.input ?? {}) as Partial<RunInput>;
  if (!agent || resumeEvent === undefined) return wakeBy;
  const name = wakeEventOf({ inngest, agent, resumeEvent }, run);
  return name === resumeEvent && !callbacks?.onAbort ? undefined : name;
}

type Aborted = Run & { readonly status: "cancelled" | "superseded" };

function isAborted(run: Run): run is Aborted {
  return run.status === "cancelled" || run.status === "superseded";
}

/** Calls `onAbort` for a run of this agent that stands as cancelled or superseded, once, whoever says so and how often: the execution that is first is kept. */
export async function callAborted(host: Host, runId: string): Promise<void> {
  if (!host.callbacks?.onAbort) return;
  const { status } = await crossedStep(host, { id: "aborted" }, async () => {
    const run = await unlessDeleted(host.store.runs.get(runId));
    const isOurs = run && isAborted(run) && host.owns?.(run) !== false;
    return { status: isOurs && (await isFirst(host, run)) ? run.status : null };
  });
  if (status) await callAfterRun(host, runId, status);
}

/** Whether this execution is the first that would tell, kept in the run's thread. */
async function isFirst({ store, execution }: Host, run: Run): Promise<boolean> {
  const { id, threadId, life } = run;
  const streamId = `aborted:${digestOf([threadId, life, id]).slice(0, 32)}`;
  try {
    const whose = { threadId, life, operationId: "aborted" };
    const { first, replayed } = await store.streams.append(streamId, [{ execution }], whose);
    if (!replayed) return true;
    const { events } = await store.streams.read<{ readonly execution: string }>(streamId, first, 1);
    return events[0]?.value.execution === execution;
  } catch (error) {
    if (isStorageError(error) && error.code === "DELETED") return false;
    throw error;
  }
}
