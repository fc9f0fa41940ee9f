import { askFor } from "./asking.ts";
import { call } from "./calls.ts";
import type { FaultKind } from "./kinds.ts";
import { type AnyEvent, runOf, tenantOf } from "./about.ts";
import { EVENTS, ownerOf } from "./doors.ts";
import type { House } from "./house.ts";

/** What people do that nobody expects, to a run in any state. */
export const acts: Readonly<
  Record<FaultKind<"outside">, (house: House, runId: string) => Promise<unknown>>
> = {
  cancel: (house, runId) =>
    call(house, "cancel", runId, ({ agent }) => agent.cancel({ runId, ...house.sends })),
  "cancel-execution": cancelExecution,
  resume: (house, runId) => goOnWith(house, runId),
  retry,
  rerun,
  redeploy,
  delete: deleteThread,
  message: async (house, runId) => {
    const { runs } = house.script;
    const threadId = runs.find((run) => run.runId === runId)?.threadId;
    const others = runs.filter((run) => run.threadId === threadId && run.runId !== runId);
    const next = others.find((run) => !house.ledger.runs.has(run.runId)) ?? others[0];
    if (next) await askFor(house, next);
  },
};

async function cancelExecution(house: House, runId: string): Promise<void> {
  const { execution } = house.ledger.runs.get(runId) ?? {};
  if (execution !== undefined) await house.server.cancel(execution);
}

/** Goes on with a failure that somebody has seen; one that is over by then is no reason any more. */
async function retry(house: House, runId: string): Promise<void> {
  const revision = house.ledger.runs.get(runId)?.revision;
  if (revision === undefined) return;
  await goOnWith(house, runId, { retry: revision });
}

/** Whoever wants a run to go on says so: to its agent, or to the function that somebody has written. */
export async function goOnWith(
  house: House,
  runId: string,
  again: { readonly retry?: number } = {},
): Promise<void> {
  const { server, ledger, fields, sends } = house;
  const what = again.retry === undefined ? "resume" : "retry";
  if (ownerOf(house, runId) !== "hand") {
    await call(house, what, runId, ({ agent }) => agent.resume({ runId, ...again, ...sends }));
    return;
  }
  const { threadId } = ledger.runs.get(runId) ?? {};
  if (threadId === undefined) return;
  const data = { threadId, runId, ...again, ...fields };
  await server.send({ name: EVENTS.hand.resume, data });
}

/** The thread with all that is in it; often the same is then asked for again, in another life. */
async function deleteThread(house: House, runId: string): Promise<void> {
  const { stage, script } = house;
  if (house.ledger.delegations.has(runId)) return endBelow(house, runId);
  const run = script.runs.find((one) => one.runId === runId);
  if (!run) return;
  const operationId = `delete-${stage.trace.length}`;
  await call(house, "delete", runId, ({ store }) =>
    store.threads.delete(run.threadId, { operationId }),
  );
  if (stage.random.below(3) === 0) return;
  await call(house, "create", runId, ({ store }) => store.threads.create(run.threadId));
  await askFor(house, run);
}

/** An agent below ends from outside: by the store's own doors, which tell nobody, or by the agent's. */
async function endBelow(house: House, runId: string): Promise<void> {
  const { threadId = "" } = house.ledger.runs.get(runId) ?? {};
  const way = house.stage.random.below(3);
  await call(house, "end below", runId, async ({ agent, store }) => {
    if (way === 0) return agent.deleteThread({ threadId, ...house.sends });
    return way === 1 ? store.threads.delete(threadId) : store.runs.cancel(runId);
  });
}

async function rerun(house: House, runId: string): Promise<void> {
  const isAbout = ({ event }: { readonly event: AnyEvent }): boolean =>
    runOf(event) === runId && tenantOf(event) === house.tenant;
  const about = house.server.runs().filter(isAbout);
  const chosen = about[house.stage.random.below(Math.max(1, about.length))];
  if (chosen) await house.server.rerun(chosen.id);
}

/** The app with a tool of another name, one process after the other, and back after a while. */
async function redeploy(house: House): Promise<void> {
  const { stage, grounds } = house;
  for (const renamed of [true, false]) {
    grounds.deploy(renamed);
    grounds.stop("a");
    await stage.pass("deploy to b", 1000);
    grounds.stop("b");
    if (renamed) await stage.pass("deploy back", [100, 60_000, 900_000][stage.random.below(3)]);
  }
}
