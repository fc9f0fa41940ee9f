import type { Approval, Run } from "@perdure/checkpoint-core";
import type { EventData } from "../../src/testing/index.ts";
import { acts } from "./acts.ts";
import { askFor } from "./asking.ts";
import { call, later } from "./calls.ts";
import type { FaultKind } from "./kinds.ts";
import type { DecisionScript } from "./script.ts";
import { resumeEventOf } from "./runner.ts";
import { isQuestion, mayBeDoneAgain } from "./questions.ts";
import { callIn } from "./surroundings.ts";
import { watch } from "./watching.ts";
import type { World } from "./world.ts";

/** The people outside ask for the runs of the script, decide where they are asked, and now and then do what nobody expects. */
export function people(world: World): void {
  for (const run of world.script.runs)
    later(world, `${run.runId} is asked for`, run.at, () => askFor(world, run));
  if (world.script.streams) watchSome(world);
  const { heard, answered, stalled, tempted } = world.ledger;
  stalled.push((about, site, ms) => {
    const kind = world.faults.surpriseMeanwhile(site);
    const { random } = world.stage;
    const runId = about ?? world.script.runs[0]?.runId;
    if (kind !== undefined && runId !== undefined)
      unexpected(world, kind, runId, random.below(4) === 0 ? random.below(ms) : 0);
  });
  tempted.push((runId) =>
    unexpected(world, "cancel", runId, [0, 0, 1, 3000][world.stage.random.below(4)] ?? 0),
  );
  heard.push((run, before) => {
    noteHolder(world, run, before);
    checkFailure(world, run, before);
    if (run.status !== before?.status) surprise(world, run.id);
    if (run.status === "suspended") void answerQuestions(world, run);
    if (run.status === "failed") decideLate(world, run);
  });
  answered.push((runId, callIds) => {
    for (const callId of callIds) {
      const wanted = callIn(world, callId);
      if (wanted?.tool === "refund" && !world.ledger.delegations.has(runId))
        planDecision(world, { runId, callId }, wanted.decision);
    }
  });
}

/** Notes for which events a run was held, and who revives a failed one. */
function noteHolder(world: World, run: Run, before: Run | undefined): void {
  if (before?.status === "failed" && run.status === "running") checkRevival(world, run);
  if (run.status !== "running" || run.execution === undefined) return;
  const events = world.heldBy.get(run.id) ?? new Set();
  world.heldBy.set(run.id, events.add(world.server.run(run.execution).event.id));
}

/** People who watch runs as they work. */
function watchSome(world: World): void {
  const { stage, script } = world;
  for (const { runId, at } of script.runs)
    if (stage.random.next() < 0.5)
      later(world, `${runId} is watched`, at + stage.random.below(3) * 50, () =>
        watch(world, runId),
      );
}

/** A failed run goes on only for a new execution of an event that it was held for, or for one that names the failure. */
function checkRevival({ heldBy, server, ledger }: World, { id, execution = "" }: Run): void {
  const { event } = server.run(execution);
  const isKnown = heldBy.get(id)?.has(event.id) ?? false;
  if (!isKnown && event.data["retry"] === undefined)
    ledger.problem(`run ${id} had failed, and goes on for an event that knows nothing of it`);
}

/** A run fails when the execution that has it does; one below another fails by itself. */
function checkFailure({ server, ledger }: World, run: Run, before: Run | undefined): void {
  const { execution } = before ?? {};
  if (run.status !== "failed" || before?.status !== "running" || execution === undefined) return;
  if (ledger.delegations.has(run.id) || server.run(execution).status === "Failed") return;
  ledger.problem(`run ${run.id} fails, and the execution that has it does not`);
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

/** People who decide once more on what a run had asked that has failed. */
function decideLate(world: World, { id: runId }: Run): void {
  const { stage, ledger } = world;
  for (const callId of ledger.calls(runId)) {
    const wanted = callIn(world, callId);
    if (wanted?.tool !== "refund" || stage.random.next() < 0.5) continue;
    later(world, `${callId} is decided late`, stage.random.below(2) * 1000, async () => {
      world.faults.note("people", "second-decision", ledger.stateOf(runId));
      await decide(world, { runId, callId }, wanted.decision);
    });
  }
}

/** Somebody looks what became of an effect of which nobody knows, and says so; or has it done again. */
async function answerQuestions(
  world: World,
  { id: runId, threadId, approvals }: Run,
): Promise<void> {
  const { inspector, stage } = world;
  const found = await Promise.all(
    approvals.map(async (id) => inspector.approvals.get(threadId, id)),
  );
  for (const question of found) {
    const wanted = question && callIn(world, question.callId);
    if (question?.status !== "pending" || !wanted || !isAskedLater(question)) continue;
    const kind = wanted.decision.kind === "modify" ? "approve" : wanted.decision.kind;
    const place = { runId, callId: question.callId };
    planDecision(world, place, { ...wanted.decision, kind, ms: stage.random.below(2) * 90_000 });
  }
}

/** What became of an effect, or what an agent below needs a person for: nobody can know of it before the run asks. */
function isAskedLater(approval: Approval): boolean {
  return isQuestion(approval) || approval.callId.includes("@");
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
  if (kind === "approve" || kind === "modify") mayBeDoneAgain(world.ledger, callId);
  if (via === "event") {
    await world.server.send({
      name: resumeEventOf(runId),
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
    if (kind.startsWith("cancel")) world.cancelled.add(runId);
    await acts[kind](world, runId);
  });
}
