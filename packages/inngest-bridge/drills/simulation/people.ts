import type { Approval, Run } from "@perdure/checkpoint-core";
import type { EventData } from "../../src/testing/index.ts";
import { acts, goOnWith } from "./acts.ts";
import { askFor } from "./asking.ts";
import { call, later } from "./calls.ts";
import { EVENTS, otherThan, ownerOf } from "./doors.ts";
import type { FaultKind } from "./kinds.ts";
import type { DecisionScript } from "./script.ts";
import { pokeAll } from "./pokes.ts";
import { isQuestion, mayBeDoneAgain } from "./questions.ts";
import { callIn } from "./surroundings.ts";
import { watch } from "./watching.ts";
import type { House } from "./house.ts";

/** The people outside ask for the runs of the script, decide where they are asked, and now and then do what nobody expects. */
export function people(house: House): void {
  for (const run of house.script.runs)
    later(house, `${run.runId} is asked for`, run.at, () => askFor(house, run));
  if (house.script.streams) watchSome(house);
  pokeAll(house, (kind, runId) => unexpected(house, kind, runId, 0));
  const { heard, answered, stalled, tempted } = house.ledger;
  stalled.push((about, site, ms) => {
    const kind = house.faults.surpriseMeanwhile(site);
    const { random } = house.stage;
    const runId = about ?? house.script.runs[0]?.runId;
    if (kind !== undefined && runId !== undefined)
      unexpected(house, kind, runId, random.below(4) === 0 ? random.below(ms) : 0);
  });
  tempted.push((runId) =>
    unexpected(house, "cancel", runId, [0, 0, 1, 3000][house.stage.random.below(4)] ?? 0),
  );
  heard.push((run, before) => {
    noteHolder(house, run, before);
    checkFailure(house, run, before);
    if (run.status !== before?.status) surprise(house, run.id);
    if (run.status === "suspended") void answerQuestions(house, run);
    if (run.status === "failed") decideLate(house, run);
  });
  answered.push((runId, callIds) => {
    for (const callId of callIds) {
      const wanted = callIn(house, callId);
      if (wanted?.tool === "refund" && !house.ledger.delegations.has(runId))
        planDecision(house, { runId, callId }, wanted.decision);
    }
  });
}

/** Notes for which events a run was held, and who revives a failed one. */
function noteHolder(house: House, run: Run, before: Run | undefined): void {
  if (before?.status === "failed" && run.status === "running") checkRevival(house, run);
  if (run.status !== "running" || run.execution === undefined) return;
  const events = house.heldBy.get(run.id) ?? new Set();
  house.heldBy.set(run.id, events.add(house.server.run(run.execution).event.id));
}

/** People who watch runs as they work. */
function watchSome(house: House): void {
  const { stage, script } = house;
  for (const { runId, at } of script.runs)
    if (stage.random.next() < 0.5)
      later(house, `${runId} is watched`, at + stage.random.below(3) * 50, () =>
        watch(house, runId),
      );
}

/** A failed run goes on only for a new execution of an event that it was held for, or for one that names the failure. */
function checkRevival({ heldBy, server, ledger }: House, { id, execution = "" }: Run): void {
  const { event } = server.run(execution);
  const isKnown = heldBy.get(id)?.has(event.id) ?? false;
  if (!isKnown && event.data["retry"] === undefined)
    ledger.problem(`run ${id} had failed, and goes on for an event that knows nothing of it`);
}

/** A run fails when the execution that has it does; one below another fails by itself. */
function checkFailure(house: House, run: Run, before: Run | undefined): void {
  const { server, ledger } = house;
  const { execution } = before ?? {};
  if (run.status !== "failed" || before?.status !== "running" || execution === undefined) return;
  // Of a function that somebody has written a step says so, ahead of its end.
  if (ownerOf(house, run.id) === "hand") return;
  if (ledger.delegations.has(run.id) || server.run(execution).status === "Failed") return;
  ledger.problem(`run ${run.id} fails, and the execution that has it does not`);
}

/** One who decides, early, in time or late; and perhaps a second one. */
function planDecision(house: House, place: Decided, script: DecisionScript): void {
  const { again } = script;
  const { faults, ledger } = house;
  later(house, `${place.callId} is decided`, script.ms, async () => {
    faults.note("people", "decision", ledger.standing(place.runId));
    await decide(house, place, script);
  });
  if (again === undefined) return;
  later(house, `${place.callId} is decided twice`, script.ms + again.ms, async () => {
    faults.note("people", "second-decision", ledger.standing(place.runId));
    await decide(house, place, { ...script, kind: again.kind });
  });
}

/** People who decide once more on what a run had asked that has failed. */
function decideLate(house: House, { id: runId }: Run): void {
  const { stage, ledger } = house;
  for (const callId of ledger.calls(runId)) {
    const wanted = callIn(house, callId);
    if (wanted?.tool !== "refund" || stage.random.next() < 0.5) continue;
    later(house, `${callId} is decided late`, stage.random.below(2) * 1000, async () => {
      house.faults.note("people", "second-decision", ledger.standing(runId));
      await decide(house, { runId, callId }, wanted.decision);
    });
  }
}

/** Somebody looks what became of an effect of which nobody knows, and says so; or has it done again. */
async function answerQuestions(
  house: House,
  { id: runId, threadId, approvals }: Run,
): Promise<void> {
  const { inspector, stage } = house;
  const found = await Promise.all(
    approvals.map(async (id) => inspector.approvals.get(threadId, id)),
  );
  for (const question of found) {
    const wanted = question && callIn(house, question.callId);
    if (question?.status !== "pending" || !wanted || !isAskedLater(question)) continue;
    const kind = wanted.decision.kind === "modify" ? "approve" : wanted.decision.kind;
    const place = { runId, callId: question.callId };
    planDecision(house, place, { ...wanted.decision, kind, ms: stage.random.below(2) * 90_000 });
  }
}

/** What became of an effect, or what an agent below needs a person for: nobody can know of it before the run asks. */
function isAskedLater(approval: Approval): boolean {
  return isQuestion(approval) || approval.callId.includes("@");
}

/** How often an event goes to another agent than the one whose run it is about. */
const MISTAKEN = 0.2;

interface Decided {
  readonly runId: string;
  readonly callId: string;
}

async function decide(
  house: House,
  { runId, callId }: Decided,
  { kind, via }: Pick<DecisionScript, "kind" | "via">,
): Promise<void> {
  const threadId = house.ledger.runs.get(runId)?.threadId ?? "t1";
  if (kind === "approve" || kind === "modify") mayBeDoneAgain(house.ledger, callId);
  const owner = ownerOf(house, runId);
  if (via === "event") {
    const isMistaken = house.script.others && house.stage.random.next() < MISTAKEN;
    await house.server.send({
      name: EVENTS[isMistaken ? otherThan(owner) : owner].resume,
      data: { threadId, runId, decisions: { [callId]: inEvent(kind) }, ...house.fields },
    });
    return;
  }
  const named = { threadId, runId, callId, ...house.sends };
  await call(house, `${kind} ${callId}`, runId, async ({ agent }) => {
    if (kind === "deny") return agent.deny(named);
    if (kind === "answer") return agent.answer({ ...named, value: "no need" });
    return agent.approve(kind === "modify" ? { ...named, input: { modified: true } } : named);
  });
  // Nobody wakes a run of theirs but they themselves.
  if (owner === "hand") await goOnWith(house, runId);
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
function surprise(house: House, runId: string): void {
  const { stage, faults, ledger } = house;
  const kind = faults.surprise(ledger.stateOf(runId));
  if (kind === undefined) return;
  unexpected(house, kind, runId, [0, 0, 1, 15_000, 90_000][stage.random.below(5)] ?? 0);
}

function unexpected(house: House, kind: FaultKind<"outside">, runId: string, ms: number): void {
  const { faults, ledger } = house;
  later(house, `${kind} of ${runId}`, ms, async () => {
    if (faults.isCalm) return;
    faults.note("outside", kind, ledger.standing(runId));
    if (kind.startsWith("cancel")) house.cancelled.add(runId);
    await acts[kind](house, runId);
  });
}
