import { askFor } from "./asking.ts";
import { call } from "./calls.ts";
import type { FaultKind } from "./kinds.ts";
import { runOf, type World } from "./world.ts";

/** What people do that nobody expects, to a run in any state. */
export const acts: Readonly<
  Record<FaultKind<"outside">, (world: World, runId: string) => Promise<unknown>>
> = {
  cancel: (world, runId) => call(world, "cancel", runId, ({ agent }) => agent.cancel({ runId })),
  "cancel-execution": cancelExecution,
  resume: (world, runId) => call(world, "resume", runId, ({ agent }) => agent.resume({ runId })),
  retry,
  rerun,
  redeploy,
  delete: deleteThread,
  message: async (world, runId) => {
    const { runs } = world.script;
    const threadId = runs.find((run) => run.runId === runId)?.threadId;
    const others = runs.filter((run) => run.threadId === threadId && run.runId !== runId);
    const next = others.find((run) => !world.ledger.runs.has(run.runId)) ?? others[0];
    if (next) await askFor(world, next);
  },
};

async function cancelExecution(world: World, runId: string): Promise<void> {
  const { execution } = world.ledger.runs.get(runId) ?? {};
  if (execution !== undefined) await world.server.cancel(execution);
}

/** Goes on with a failure that somebody has seen; one that is over by then is no reason any more. */
async function retry(world: World, runId: string): Promise<void> {
  const revision = world.ledger.runs.get(runId)?.revision;
  if (revision === undefined) return;
  await call(world, "retry", runId, ({ agent }) => agent.resume({ runId, retry: revision }));
}

/** The thread with all that is in it; often the same is then asked for again, in another life. */
async function deleteThread(world: World, runId: string): Promise<void> {
  const { stage, script } = world;
  if (world.ledger.delegations.has(runId)) return endBelow(world, runId);
  const run = script.runs.find((one) => one.runId === runId);
  if (!run) return;
  const operationId = `delete-${stage.trace.length}`;
  await call(world, "delete", runId, ({ store }) =>
    store.threads.delete(run.threadId, { operationId }),
  );
  if (stage.random.below(3) === 0) return;
  await call(world, "create", runId, ({ store }) => store.threads.create(run.threadId));
  await askFor(world, run);
}

/** An agent below ends from outside: by the store's own doors, which tell nobody, or by the agent's. */
async function endBelow(world: World, runId: string): Promise<void> {
  const { threadId = "" } = world.ledger.runs.get(runId) ?? {};
  const way = world.stage.random.below(3);
  await call(world, "end below", runId, async ({ agent, store }) => {
    if (way === 0) return agent.deleteThread({ threadId });
    return way === 1 ? store.threads.delete(threadId) : store.runs.cancel(runId);
  });
}

async function rerun(world: World, runId: string): Promise<void> {
  const about = world.server.runs().filter(({ event }) => runOf(event) === runId);
  const chosen = about[world.stage.random.below(Math.max(1, about.length))];
  if (chosen) await world.server.rerun(chosen.id);
}

/** The app with a tool of another name, one process after the other, and back after a while. */
async function redeploy(world: World): Promise<void> {
  const { stage } = world;
  for (const renamed of [true, false]) {
    world.renamed = renamed;
    world.stop("a");
    await stage.pass("deploy to b", 1000);
    world.stop("b");
    if (renamed) await stage.pass("deploy back", [100, 60_000, 900_000][stage.random.below(3)]);
  }
}
