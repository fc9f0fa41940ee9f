import type { Run } from "@perdure/checkpoint-core";
import { ownCallId } from "./above.ts";
import { checkHistory } from "./histories.ts";
import type { Ledger } from "./ledger.ts";
import { checkDepth, waitsWithFailed } from "./below.ts";
import { checkDeadlines } from "./deadlines.ts";
import { checkSpawned } from "./spawned.ts";
import { checkStreams } from "./streams.ts";
import { checkOnce } from "./questions.ts";
import { resultKeyOf } from "./surroundings.ts";
import type { World } from "./world.ts";
import { runOf } from "./world.ts";

/** Nobody has helped since nothing goes wrong any more: a run that could go on and does not must be one that Inngest was told of in vain. */
export async function checkLeft(world: World): Promise<void> {
  const { ledger, inspector } = world;
  for (const run of ledger.runs.values()) {
    if (!(await couldGoOn(world, run))) continue;
    if (isGivenUp(world, run)) continue;
    const held = await inspector.runs.holding(run.threadId);
    ledger.problem(
      `run ${run.id} is forgotten: ${run.status}, and its thread is ${held?.id ?? "nobody"}'s`,
    );
  }
}

/** The upkeep has looked after what was left: no run that could go on is forgotten, whatever has gone wrong. */
export async function checkForgotten(world: World): Promise<void> {
  for (const run of world.ledger.runs.values())
    if (await couldGoOn(world, run))
      world.ledger.problem(`run ${run.id} is ${run.status}, and the upkeep has not found it`);
  for (const run of world.ledger.runs.values()) await checkAskedBelow(world, run);
}

/** Nobody is asked for an agent below that is not there any more, or has ended. */
async function checkAskedBelow({ inspector, ledger }: World, run: Run): Promise<void> {
  if (run.status !== "suspended") return;
  for (const id of run.approvals) {
    const approval = await inspector.approvals.get(run.threadId, id);
    if (approval?.status !== "pending" || !approval.callId.includes("@")) continue;
    const below = ledger.runOfCall(ownCallId(approval.callId));
    if (!below || below.outcome)
      ledger.problem(
        `${approval.callId} is asked for, and its agent is ${below?.status ?? "gone"}`,
      );
  }
}

/** Nothing of the outside is missing for it. One in a queue waits for those ahead of it. */
async function couldGoOn({ inspector, ledger }: World, run: Run): Promise<boolean> {
  // One that works for a call goes on when the run above it does.
  if (ledger.delegations.has(run.id)) return false;
  if (run.status === "running") return true;
  if (run.status === "queued") {
    const holder = await inspector.runs.holding(run.threadId);
    return holder === undefined || holder.id === run.id;
  }
  if (run.status !== "suspended" || run.incompatible !== undefined) return false;
  const found = await Promise.all(
    run.approvals.map(async (id) => inspector.approvals.get(run.threadId, id)),
  );
  const pending = found.filter((one) => one?.status === "pending").length;
  return pending === 0 || (run.resumeWhen === "any" && pending < found.length);
}

/** Somebody outside had no answer and did not ask again, or an execution on its thread used up its attempts, for reasons that are not the script's. */
function isGivenUp({ ledger, server }: World, { id, threadId }: Run): boolean {
  const mates = new Set(
    [...ledger.runs.values()].filter((one) => one.threadId === threadId).map((one) => one.id),
  );
  const unheard = ledger.asked.some((one) => mates.has(one.runId) && one.ended !== "ok");
  const ended = server
    .runs()
    .filter(({ event }) => mates.has(runOf(event) ?? id))
    .some(({ status, error }) => status === "Failed" && !isScripted(error?.message ?? ""));
  return unheard || ended;
}

function isScripted(message: string): boolean {
  return SCRIPTED.some((one) => message.includes(one));
}

/** What the script has a model or a budget do. */
const SCRIPTED = ["The model is not there.", "Budget exceeded: "] as const;

/** The world at its end: every run is done, no thread is held, and what was done, said, decided and stored is the same. */
export async function checkEnd(world: World): Promise<void> {
  const { ledger, inspector } = world;
  const threads = new Set([...ledger.runs.values()].map(({ threadId }) => threadId));
  for (const run of ledger.runs.values()) {
    if (waitsWithFailed(ledger, run)) threads.delete(run.threadId);
    else if (["queued", "running", "suspended"].includes(run.status))
      ledger.problem(`run ${run.id} stays ${run.status}, whoever goes on with it`);
  }
  for (const threadId of threads) {
    const holder = await inspector.runs.holding(threadId);
    if (holder)
      ledger.problem(`thread ${threadId} is held by ${holder.id}, which is ${holder.status}`);
    await checkHistory(world, threadId);
  }
  await checkStreams(world);
  await checkDeadlines(world);
  checkAsked(world);
  checkDepth(world);
  checkSpawned(world);
  checkEffects(world);
  checkExecutions(world);
}

/** What was acknowledged to people stands: a run that was started is there, and of several decisions on a call one kind counts. */
function checkAsked({ ledger }: World): void {
  const counted = new Map<string, string>();
  for (const { what, runId, result } of ledger.asked.filter(({ ended }) => ended === "ok")) {
    const { counted: counts, status } = (result ?? {}) as {
      readonly counted?: boolean;
      readonly status?: string;
    };
    const isThere = ledger.runs.has(runId) || ledger.buried.has(runId);
    if (what === "start" && status !== "rejected" && !isThere)
      ledger.problem(`run ${runId} was started and is not there`);
    if (counts === true) countDecision(ledger, counted, what);
  }
}

/** `what` is a kind of decision and the call that it is on. */
function countDecision(ledger: Ledger, counted: Map<string, string>, what: string): void {
  const [kind = "", callId = ""] = what.split(" ");
  const before = counted.get(callId) ?? kind;
  if (before !== kind) ledger.problem(`${callId} counted as ${before} and as ${kind}`);
  counted.set(callId, kind);
}

/** One key for each call, and none for two. */
function checkEffects(world: World): void {
  const { ledger } = world;
  const keyOf = new Map<string, string>();
  for (const { runId, callId, key } of ledger.effects) {
    const call = `${runId} ${callId}`;
    const before = keyOf.get(call);
    if (before !== undefined && before !== key)
      ledger.problem(`${call} went out under two idempotency keys`);
    if (before === undefined && [...keyOf.values()].includes(key))
      ledger.problem(`${call} went out under another call's idempotency key`);
    keyOf.set(call, key);
  }
  checkOnce(ledger);
  checkSmooth(world);
}

/** Where nothing has gone wrong, each call is done once, and its result is stored. */
function checkSmooth({ ledger, faults }: World): void {
  if (!faults.met.every(({ where }) => where === "people")) return;
  const done = new Set<string>();
  for (const { runId, callId, part = "" } of ledger.effects) {
    if (ledger.takenOver.has(runId)) continue;
    const call = `${runId} ${callId} ${part}`.trimEnd();
    if (done.has(call)) ledger.problem(`${call} was done twice, and nothing had gone wrong`);
    if (!ledger.landed.has(resultKeyOf(runId, callId)))
      ledger.problem(`${call} was done, and its result is not stored`);
    done.add(call);
  }
}

/** Executions fail for what the script, a fault or a deploy did, never for an error of our own. */
function checkExecutions({ ledger, server, faults }: World): void {
  const redeployed = faults.met.some(({ kind }) => kind === "redeploy");
  const deleted = faults.met.some(({ kind }) => kind === "delete");
  const allowed = [
    ...expected,
    ...(redeployed ? afterRedeploy : []),
    ...(deleted ? afterDelete : []),
  ];
  for (const { status, error, functionId } of server.runs()) {
    if (status === "Running") ledger.problem(`an execution of ${functionId} never ends`);
    if (status !== "Failed") continue;
    const said = `${error?.name}: ${error?.message}`;
    if (!allowed.some((one) => said.includes(one)))
      ledger.problem(`an execution of ${functionId} fails: ${said}`);
  }
}

const expected = [
  ...SCRIPTED,
  "Unable to reach SDK URL",
  "did not answer in time",
  "IncompatibleError",
  "fetch failed",
];

/** A deploy without a tool does not ask a person about it, and takes no input for it. */
const afterRedeploy = ["there is no tool", "is done and waits for nobody"];

/** A decision in an event names no life, and the call that it is on is none of the life after. */
const afterDelete = ["No stored answer of run"];
