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
import { ownerOf } from "./doors.ts";
import { checkTold } from "./hand.ts";
import type { House } from "./house.ts";
import { runOf, tenantOf } from "./about.ts";

/** Nobody has helped since nothing goes wrong any more: a run that could go on and does not must be one that Inngest was told of in vain. */
export async function checkLeft(house: House): Promise<void> {
  const { ledger, inspector } = house;
  for (const run of ledger.runs.values()) {
    if (!(await couldGoOn(house, run))) continue;
    if (isGivenUp(house, run)) continue;
    const held = await inspector.runs.holding(run.threadId);
    ledger.problem(
      `run ${run.id} is forgotten: ${run.status}, and its thread is ${held?.id ?? "nobody"}'s`,
    );
  }
}

/** The upkeep has looked after what was left: no run that could go on is forgotten, whatever has gone wrong. */
export async function checkForgotten(house: House): Promise<void> {
  for (const run of house.ledger.runs.values())
    if (await couldGoOn(house, run))
      house.ledger.problem(`run ${run.id} is ${run.status}, and the upkeep has not found it`);
  for (const run of house.ledger.runs.values()) await checkAskedBelow(house, run);
}

/** Nobody is asked for an agent below that is not there any more, or has ended. */
async function checkAskedBelow({ inspector, ledger }: House, run: Run): Promise<void> {
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
async function couldGoOn(house: House, run: Run): Promise<boolean> {
  const { inspector, ledger } = house;
  // One of a function that somebody has written goes on when that is called again.
  if (ownerOf(house, run.id) === "hand") return false;
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
function isGivenUp({ ledger, server, tenant }: House, { id, threadId }: Run): boolean {
  const mates = new Set(
    [...ledger.runs.values()].filter((one) => one.threadId === threadId).map((one) => one.id),
  );
  const unheard = ledger.asked.some((one) => mates.has(one.runId) && one.ended !== "ok");
  const ended = server
    .runs()
    .filter(
      ({ event }) => tenantOf(event) === tenant && mates.has(ledger.topOf(runOf(event) ?? id)),
    )
    .some(({ status, error }) => status === "Failed" && !isScripted(error?.message ?? ""));
  return unheard || ended;
}

function isScripted(message: string): boolean {
  return SCRIPTED.some((one) => message.includes(one));
}

/** What the script has a model or a budget do. */
const SCRIPTED = ["The model is not there.", "Budget exceeded: "] as const;

/** The world at its end: every run is done, no thread is held, and what was done, said, decided and stored is the same. */
export async function checkEnd(house: House): Promise<void> {
  const { ledger, inspector } = house;
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
    await checkHistory(house, threadId);
  }
  await checkStreams(house);
  await checkDeadlines(house);
  checkAsked(house);
  checkDepth(house);
  checkSpawned(house);
  checkEffects(house);
  checkTold(house);
}

/** What was acknowledged to people stands: a run that was started is there, and of several decisions on a call one kind counts. */
function checkAsked({ ledger }: House): void {
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
function checkEffects(house: House): void {
  const { ledger } = house;
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
  checkSmooth(house);
}

/** Where nothing has gone wrong, each call is done once, and its result is stored. */
function checkSmooth({ ledger, faults }: House): void {
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

/** What houses have in common. */
interface Whole extends Pick<House, "server" | "faults" | "script"> {
  readonly houses: readonly [House, ...House[]];
}

/** No two houses' calls go out under one idempotency key. */
export function checkKeys({ houses }: Whole): void {
  const used = new Map<string, House>();
  for (const house of houses)
    for (const { callId, key } of house.ledger.effects) {
      const by = used.get(key) ?? house;
      used.set(key, by);
      if (by !== house)
        house.ledger.problem(`${callId} goes out under the key of another tenant's`);
    }
}

/** Executions fail for what the script, a fault or a deploy did, never for an error of our own. */
export function checkExecutions({ houses, server, faults, script }: Whole): void {
  const redeployed = faults.met.some(({ kind }) => kind === "redeploy");
  const deleted = faults.met.some(({ kind }) => kind === "delete");
  const problem = (what: string): void => houses[0].ledger.problem(what);
  const allowed = [
    ...(script.others ? ["is one of the agent"] : []),
    ...expected,
    ...(redeployed ? afterRedeploy : []),
    ...(deleted ? afterDelete : []),
  ];
  for (const { status, error, functionId } of server.runs()) {
    if (status === "Running") problem(`an execution of ${functionId} never ends`);
    if (status !== "Failed") continue;
    const said = `${error?.name}: ${error?.message}`;
    if (!allowed.some((one) => said.includes(one)))
      problem(`an execution of ${functionId} fails: ${said}`);
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
const afterRedeploy = [
  "there is no tool",
  "is done and waits for nobody",
  "The checkpoint waits for the tool",
];

/** A decision in an event names no life, and the call that it is on is none of the life after. */
const afterDelete = ["No stored answer of run"];
