import type { Run, Store } from "@perdure/checkpoint-core";
import { cancelBelow } from "../subagents/below.ts";
import { type Bridge, wakeNext } from "./bridge.ts";
import { behindWrite } from "./sending.ts";

/** What works for a run that has ended for good is cancelled; nothing where it goes on. The same call again does what it could not. */
export async function endBelow(
  bridge: Bridge,
  store: Store,
  run: Run,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  const what = `Run ${run.id} is ${run.status}`;
  await behindWrite({ runId: run.id, what }, async () =>
    cancelBelow(store, run, async (next) => wakeNext(bridge, store, next, data)),
  );
}
