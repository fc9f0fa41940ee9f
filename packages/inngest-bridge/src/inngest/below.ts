import type { Run, Store } from "@perdure/checkpoint-core";
import type { Wake } from "../host.ts";
import { cancelBelow } from "../subagents/below.ts";
import { closeAsked } from "../subagents/closing.ts";
import { sendAborted } from "./aborting.ts";
import { type Bridge, wakeNext } from "./bridge.ts";
import { behindWrite } from "./sending.ts";

/** What works for a run that has ended for good is cancelled, nobody is asked for it any more, and its agent hears of it; nothing where it goes on. The same call again does what it could not. */
export async function endBelow(
  bridge: Bridge,
  store: Store,
  run: Run,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  const what = `Run ${run.id} is ${run.status}`;
  const wake = async (next: Wake): Promise<void> => wakeNext(bridge, store, next, data);
  await behindWrite({ runId: run.id, what }, async () => {
    await cancelBelow(store, run, wake);
    await closeAsked(store, run, wake);
    await sendAborted(bridge, store, run, data);
  });
}
