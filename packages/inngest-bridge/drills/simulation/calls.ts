import { isStorageError, type Store } from "@perdure/checkpoint-core";
import type { InngestAgent } from "../../src/index.ts";
import { otherThan, ownerOf } from "./doors.ts";
import type { House } from "./house.ts";
import type { Asked } from "./happened.ts";
import { as } from "./stage.ts";

/** How often somebody asks again whose call has failed, and after how long. */
const TRIES = 3;
const AGAIN_MS = 40_000;

/** What a call is made with: an agent, and the store of the house. */
interface Visit {
  readonly agent: InngestAgent;
  readonly store: Store;
}

/** How often people mistake a run for another agent's, where there are two: whoever starts one knows. */
const MISTAKEN = 0.2;

/** Calls until it works or nobody lives who waits for it: the same call each time, as its documentation says. */
export async function call(
  house: House,
  what: string,
  runId: string,
  body: (visit: Visit) => Promise<unknown>,
): Promise<Asked> {
  const asked: Asked = { what, runId, ended: "unknown" };
  house.ledger.asked.push(asked);
  const isMistaken =
    house.script.others && what !== "start" && house.stage.random.next() < MISTAKEN;
  for (let left = TRIES; left > 0; left -= 1) {
    try {
      asked.result = await visit(house, runId, body, isMistaken);
      asked.ended = "ok";
      house.stage.note(`${what} ${runId}: ok`);
      return asked;
    } catch (error) {
      house.stage.note(`${what} ${runId}: ${String(error)}`);
      asked.result = error;
      asked.ended = "failed";
      if (!isStorageError(error))
        house.ledger.problem(`${what} of ${runId} throws ${String(error)}`);
      if (!isStorageError(error) || !error.retryable) return asked;
    }
    await house.stage.pass(`${what} again`, AGAIN_MS);
  }
  return asked;
}

/** Does what people do with the agent whose run it is, or the one that they mistake it for. */
export function visit<T>(
  house: House,
  runId: string,
  body: (visit: Visit) => Promise<T>,
  isMistaken = false,
): Promise<T> {
  const owner = ownerOf(house, runId);
  const meant = isMistaken ? otherThan(owner) : owner;
  return house.grounds.visit(house, runId, ({ store, agents: { support, runner = support } }) =>
    body({ store, agent: meant === "runner" ? runner : support }),
  );
}

/** Does something after so many milliseconds, as nobody. */
export function later(house: House, label: string, ms: number, go: () => Promise<unknown>): void {
  as(undefined, () => {
    house.stage.add(label, ms, () => {
      void go();
    });
  });
}
