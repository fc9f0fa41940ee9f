import { encodeId, ordinalKey, prefixRange } from "../../backend/keys.ts";
import { DeletedError, StorageError } from "../../errors.ts";
import type { ToolCall } from "../messages.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import { allTurns, decodeTurn } from "../runs/closing.ts";
import {
  decodeRun,
  isFinal,
  resultKey,
  runIn,
  runKey,
  type RunRecord,
  type StoredRun,
} from "../runs/record.ts";
import type { Standing } from "../lease/standing.ts";
import type { ApprovalReference } from "../approvals/contract.ts";
import {
  approvalKey,
  approvalPrefix,
  decodeApproval,
  parseApprovalId,
  requestedRecord,
  type StoredApproval,
} from "../approvals/record.ts";

/** Where a decision is looked for. */
export interface Search {
  readonly partition: Partition;
  readonly now: number;
  readonly standing: Standing;
}

/** The approval that a decision means, with its run. One that is not requested yet has revision 0: the stored answer holds its call. */
export interface Meant {
  readonly run: StoredRun;
  readonly approval: StoredApproval;
}

/** The approval that a reference names: by its own id, by the call of a run, or by a call of the run that has the thread. */
export async function findApproval(search: Search, reference: ApprovalReference): Promise<Meant> {
  const { approvalId: id, callId, runId } = reference;
  if (id !== undefined) return byId(search, id);
  if (callId === undefined)
    throw new StorageError("INVALID_ARGUMENT", "A decision needs an approvalId or a callId.");
  if (runId !== undefined) return byCall(search, runId, callId, false);
  const holder = search.standing.lease.run;
  if (holder === undefined) throw unknown(`No run has the thread, so nothing asks for ${callId}.`);
  return byCall(search, holder, callId, true);
}

async function byId({ partition, now, standing }: Search, id: string): Promise<Meant> {
  const parsed = parseApprovalId(id);
  if (!parsed) throw unknown(`There is no approval ${id.slice(0, 200)}.`);
  const life = standing.life.revision;
  if (parsed.life !== life)
    throw new DeletedError("The approval belongs to another life of the thread.");
  const atRun = `run/${parsed.run}`;
  const atApproval = approvalKey(id);
  const answerAt = `answer/${parsed.run}/${ordinalKey(parsed.turn)}`;
  const snapshot = await partition.read([atRun, atApproval, answerAt], now);
  const foundRun = snapshot.get(atRun);
  if (!foundRun) throw unknown(`There is no approval ${id}.`);
  const run = decodeRun(foundRun);
  const found = snapshot.get(atApproval);
  if (found) return { run, approval: decodeApproval(found) };
  const answer = snapshot.get(answerAt);
  const calls = answer ? (decodeTurn(answer).answer.message.toolCalls ?? []) : [];
  const call = calls.find((one) => encodeId(one.id) === parsed.call);
  if (!call) throw unknown(`There is no approval ${id}, and no stored answer asks for its call.`);
  return {
    run,
    approval: await early({ partition, now, standing }, run.record, parsed.turn, call),
  };
}

async function byCall(
  search: Search,
  runId: string,
  callId: string,
  everyRun: boolean,
): Promise<Meant> {
  const { partition, now, standing } = search;
  const run = runIn(await partition.read([runKey(runId)], now), runId);
  if (!run) throw unknown(`There is no run ${runId}.`);
  const life = standing.life.revision;
  const all = await allApprovals(search, approvalPrefix(life, everyRun ? undefined : runId));
  const same = all.filter((one) => one.record.callId === callId);
  if (same.length > 1) throw ambiguous(callId);
  const [one] = same;
  if (one?.record.runId === runId) return { run, approval: one };
  if (one) throw ambiguous(callId);
  const turns = await allTurns({ partition, runId, now });
  const asked = turns.flatMap(({ turn, answer }) =>
    (answer.message.toolCalls ?? [])
      .filter((call) => call.id === callId)
      .map((call) => ({ turn, call })),
  );
  const [first] = asked;
  if (!first) throw unknown(`No stored answer of run ${runId} asks for the call ${callId}.`);
  if (asked.length > 1) throw ambiguous(callId);
  return { run, approval: await early(search, run.record, first.turn, first.call) };
}

/**
 * The approval of a call that the model has asked for, before the run asks a person: it can be decided, unless the call is done. The end of its run gives a call a text, which is no work
 * done: the run is looked at in the same read, because it may have ended since it was found.
 */
async function early(
  { partition, now, standing }: Search,
  { id: runId }: RunRecord,
  turn: number,
  call: ToolCall,
): Promise<StoredApproval> {
  const key = resultKey(runId, turn, call.id);
  const snapshot = await partition.read([runKey(runId), key], now);
  const run = runIn(snapshot, runId);
  const isOver = run !== undefined && isFinal(run.record.status);
  if (!isOver && snapshot.has(key))
    throw unknown(`The call ${call.id} of run ${runId} is done and waits for nobody.`);
  const place = { life: standing.life.revision, runId, turn };
  const request = { callId: call.id, tool: call.name, input: call.input };
  return { record: requestedRecord(place, request, now), revision: 0 };
}

/** The approvals under a prefix. */
export async function allApprovals(
  { partition, now }: Pick<Search, "partition" | "now">,
  prefix: string,
): Promise<readonly StoredApproval[]> {
  const range = prefixRange(prefix);
  const found: OpenRecord[] = [];
  for (let from: string | undefined = range.from; from !== undefined; ) {
    const page = await partition.scan({ from, to: range.to, limit: 100 }, now);
    found.push(...page.records);
    from = page.next;
  }
  return found.map(decodeApproval);
}

function unknown(message: string): StorageError {
  return new StorageError("NOT_FOUND", message);
}

function ambiguous(callId: string): StorageError {
  return new StorageError(
    "INVALID_ARGUMENT",
    `More than one call is named ${callId}: a decision must name the approval.`,
  );
}
