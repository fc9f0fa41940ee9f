import type { Run, SettleResult, Store } from "@perdure/checkpoint-core";
import { tellRest } from "../streams/stepStream.ts";
import { bellOf } from "../waiting.ts";
import { endBelow } from "./below.ts";
import { type Bridge, wakeNext } from "./bridge.ts";
import { behindWrite } from "./sending.ts";
import { ring } from "./waitInRun.ts";

/** Cancels a run, whoever works on it, tells those who watch it, and wakes the next. Again it does what it could not. Throws as `RunStore.cancel` does, and `EventNotSentError`. */
export async function cancelRun(
  bridge: Bridge,
  store: Store,
  {
    runId,
    reason,
    data,
  }: {
    readonly runId: string;
    readonly reason: string | undefined;
    readonly data: Readonly<Record<string, unknown>>;
  },
): Promise<SettleResult> {
  const settled = await store.runs.cancel(runId, reason === undefined ? {} : { reason });
  const { threadId, life } = settled.run;
  await tellRest(bridge.publisher, store, settled.run);
  const { next } = settled;
  if (next)
    await behindWrite({ runId, what: `Run ${runId} is ${settled.run.status}` }, async () =>
      wakeNext(bridge, store, { threadId, life, ...next }, data),
    );
  await endBelow(bridge, store, settled.run, data);
  await ringFor(bridge, store, settled.run);
  return settled;
}

/** Ends the wait of an execution that waits for the run, which nobody will decide on any more. */
async function ringFor(
  { waitInRun, inngest }: Bridge,
  store: Store,
  { id: runId, checkpointId }: Run,
): Promise<void> {
  if (!waitInRun || checkpointId === undefined) return;
  await behindWrite({ runId, what: `Run ${runId} has ended` }, async () =>
    ring(inngest, bellOf(store, runId, checkpointId), "cancelled"),
  );
}
