import { isStorageError, type Run } from "@perdure/checkpoint-core";
import type { EventData } from "../../src/testing/index.ts";
import type { FaultKind } from "./kinds.ts";
import type { Asked } from "./ledger.ts";
import type { Process } from "./process.ts";
import type { DecisionScript, RunScript } from "./script.ts";
import { as } from "./stage.ts";
import { callIn } from "./surroundings.ts";
import { runOf, type World } from "./world.ts";

/** How often somebody asks again whose call has failed, and after how long. */
const TRIES = 3;
const AGAIN_MS = 40_000;

/** The people outside ask for the runs of the script, decide where they are asked, and now and then do what nobody expects. */
export function people(world: World): void {
  for (const run of world.script.runs)
    later(world, `${run.runId} is asked for`, run.at, () => askFor(world, run));
  const { heard, answered, stalled } = world.ledger;
  stalled.push((runId, ms) => {
    const kind = world.faults.surpriseMeanwhile();
    const { random } = world.stage;
    if (kind !== undefined)
      unexpected(world, kind, runId, random.below(4) === 0 ? random.below(ms) : 0);
  });
  heard.push((run, before) => {
    if (before?.status === "failed" && run.status === "running") checkRevival(world, run);
    if (run.status === "running" && run.execution !== undefined) {
      const events = world.heldBy.get(run.id) ?? new Set();
      world.heldBy.set(run.id, events.add(world.server.run(run.execution).event.id));
    }
    if (run.status !== before?.status) surprise(world, run.id);
  });
  answered.push((runId, callIds) => {
    for (const callId of callIds) {
      const wanted = callIn(world.script, runId, callId);
      if (wanted?.tool === "refund") planDecision(world, { runId, callId }, wanted.decision);
    }
  });
}

/** A failed run goes on only for a new execution of an event that it was held for, or for one that names the failure. */
function checkRevival({ heldBy, server, ledger }: World, { id, execution = "" }: Run): void {
  const { event } = server.run(execution);
  const isKnown = heldBy.get(id)?.has(event.id) ?? false;
  if (!isKnown && event.data["retry"] === undefined)
    ledger.problem(`run ${id} had failed, and goes on for an event that knows nothing of it`);
}

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

function later(world: World, label: string, ms: number, go: () => Promise<unknown>): void {
  as(undefined, () => {
    world.stage.add(label, ms, () => {
      void go();
    });
  });
}

async function askFor(world: World, run: RunScript): Promise<void> {
  const { runId, threadId, by } = run;
  const { random } = world.stage;
  const start = async (): Promise<unknown> =>
    by === "start"
      ? call(world, "start", runId, ({ agent }) => agent.start({ threadId, runId, prompt: runId }))
      : world.server.send({
          id: `event-${runId}`,
          name: "ziro/agent.run.requested",
          data: { threadId, runId, prompt: runId },
        });
  if (random.next() < 0.15) later(world, `${runId} is asked for twice`, random.below(3), start);
  await start();
}

/** One who decides, early, in time or late; and perhaps a second one. */
function planDecision(world: World, place: Decided, script: DecisionScript): void {
  const { again } = script;
  const { faults, ledger } = world;
  later(world, `${place.callId} is decided`, script.ms, async () => {
    faults.note("people", "decision", ledger.stateOf(place.runId));
    await decide(world, place, script);
  });
  if (again === undefined) return;
  later(world, `${place.callId} is decided twice`, script.ms + again.ms, async () => {
    faults.note("people", "second-decision", ledger.stateOf(place.runId));
    await decide(world, place, { ...script, kind: again.kind });
  });
}

interface Decided {
  readonly runId: string;
  readonly callId: string;
}

async function decide(
  world: World,
  { runId, callId }: Decided,
  { kind, via }: Pick<DecisionScript, "kind" | "via">,
): Promise<void> {
  const threadId = world.ledger.runs.get(runId)?.threadId ?? "t1";
  if (via === "event") {
    await world.server.send({
      name: "ziro/agent.resume.requested",
      data: { threadId, runId, decisions: { [callId]: inEvent(kind) } },
    });
    return;
  }
  const named = { threadId, runId, callId };
  await call(world, `${kind} ${callId}`, runId, async ({ agent }) => {
    if (kind === "deny") return agent.deny(named);
    if (kind === "answer") return agent.answer({ ...named, value: "no need" });
    return agent.approve(kind === "modify" ? { ...named, input: { modified: true } } : named);
  });
}

/** A decision as an event brings it. */
function inEvent(kind: DecisionScript["kind"]): EventData {
  switch (kind) {
    case "deny":
      return { decision: "reject" };
    case "answer":
      return { decision: "answer", value: "no need" };
    case "modify":
      return { decision: "approve", modifiedInput: { modified: true } };
    case "approve":
    default:
      return { decision: "approve" };
  }
}

/** What nobody expects, soon after a run has come to a state. */
function surprise(world: World, runId: string): void {
  const { stage, faults, ledger } = world;
  const kind = faults.surprise(ledger.stateOf(runId));
  if (kind === undefined) return;
  unexpected(world, kind, runId, [0, 0, 1, 15_000, 90_000][stage.random.below(5)] ?? 0);
}

function unexpected(world: World, kind: FaultKind<"outside">, runId: string, ms: number): void {
  const { faults, ledger } = world;
  later(world, `${kind} of ${runId}`, ms, async () => {
    if (faults.isCalm) return;
    faults.note("outside", kind, ledger.stateOf(runId));
    await acts[kind](world, runId);
  });
}

const acts: Readonly<
  Record<FaultKind<"outside">, (world: World, runId: string) => Promise<unknown>>
> = {
  cancel: (world, runId) => call(world, "cancel", runId, ({ agent }) => agent.cancel({ runId })),
  "cancel-execution": cancelExecution,
  resume: (world, runId) => call(world, "resume", runId, ({ agent }) => agent.resume({ runId })),
  rerun,
  redeploy,
  message: async (world, runId) => {
    const { runs } = world.script;
    const threadId = runs.find((run) => run.runId === runId)?.threadId;
    const next = runs.filter((run) => run.threadId === threadId && run.runId !== runId);
    await Promise.all(next.slice(0, 1).map((run) => askFor(world, run)));
  },
};

async function cancelExecution(world: World, runId: string): Promise<void> {
  const { execution } = world.ledger.runs.get(runId) ?? {};
  if (execution !== undefined) await world.server.cancel(execution);
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
