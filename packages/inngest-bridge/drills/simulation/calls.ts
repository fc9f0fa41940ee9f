import { isStorageError } from "@perdure/checkpoint-core";
import type { Asked } from "./ledger.ts";
import type { Process } from "./process.ts";
import { as } from "./stage.ts";
import type { World } from "./world.ts";

/** How often somebody asks again whose call has failed, and after how long. */
const TRIES = 3;
const AGAIN_MS = 40_000;

/** Calls until it works or nobody lives who waits for it: the same call each time, as its documentation says. */
export async function call(
  world: World,
  what: string,
  runId: string,
  body: (process: Process) => Promise<unknown>,
): Promise<Asked> {
  const asked: Asked = { what, runId, ended: "unknown" };
  world.ledger.asked.push(asked);
  for (let left = TRIES; left > 0; left -= 1) {
    try {
      asked.result = await world.outside(runId, body);
      asked.ended = "ok";
      world.stage.note(`${what} ${runId}: ok`);
      return asked;
    } catch (error) {
      world.stage.note(`${what} ${runId}: ${String(error)}`);
      asked.result = error;
      asked.ended = "failed";
      if (!isStorageError(error))
        world.ledger.problem(`${what} of ${runId} throws ${String(error)}`);
      if (!isStorageError(error) || !error.retryable) return asked;
    }
    await world.stage.pass(`${what} again`, AGAIN_MS);
  }
  return asked;
}

/** Does something after so many milliseconds, as nobody. */
export function later(world: World, label: string, ms: number, go: () => Promise<unknown>): void {
  as(undefined, () => {
    world.stage.add(label, ms, () => {
      void go();
    });
  });
}
