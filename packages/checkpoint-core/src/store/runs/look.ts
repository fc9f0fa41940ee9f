import { StorageError } from "../../errors.ts";
import { checkObject } from "../arguments.ts";
import type { StoreContext } from "../context.ts";
import { checkId, checkWhole } from "../operation.ts";
import { LEASE, LIFE, lifeIn } from "../life/life.ts";
import { prefixRange } from "../../backend/keys.ts";
import type { ToolResult } from "../messages.ts";
import { checkOwnLease } from "../lease/check.ts";
import { decodeResult, storedIn } from "./closing.ts";
import type { Look, StoredTurn } from "./contract.ts";
import type { Lease } from "../lease/lease.ts";
import { answerKey, resultKey, resultPrefix } from "./record.ts";

/** One read: whether the lease still holds, and what is stored of a turn or a call. In another life of the thread nothing is. */
export async function look(
  context: StoreContext,
  lease: Lease,
  at: { readonly turn?: number | undefined; readonly callId?: string | undefined } = {},
): Promise<Look> {
  checkOwnLease(lease);
  checkObject("What is looked for", at);
  const { turn, callId } = at;
  if (turn !== undefined) checkWhole("turn", turn, 1);
  if (callId !== undefined) checkId("callId", callId);
  if (callId !== undefined && turn === undefined)
    throw new StorageError("INVALID_ARGUMENT", "A call is looked for in its turn.");
  const { runId, threadId, life, fence } = lease;
  await context.ready();
  const { answer, result } = keysAt(runId, turn, callId);
  const keys = [LIFE, LEASE, answer, result].filter((key) => key !== undefined);
  const snapshot = await context.thread(threadId).read(keys, context.now());
  if (lifeIn(context, snapshot)?.revision !== life) return { held: false };
  return {
    held: snapshot.get(LEASE)?.revision === fence,
    ...storedIn(snapshot, answer, result),
  };
}

/** The key of a turn's answer, or of the result of one of its calls. */
function keysAt(
  runId: string,
  turn: number | undefined,
  callId: string | undefined,
): { readonly answer?: string; readonly result?: string } {
  if (turn === undefined) return {};
  return callId === undefined
    ? { answer: answerKey(runId, turn) }
    : { result: resultKey(runId, turn, callId) };
}

/** What is stored of a turn: the answer with the lease in one read, then the results, each read with the life that they are of. */
export async function readTurn(
  context: StoreContext,
  lease: Lease,
  turn: number,
  options: { readonly all?: boolean | undefined } = {},
): Promise<StoredTurn> {
  checkWhole("turn", turn, 1);
  checkObject("The options of turn", options);
  const { held, answer } = await look(context, lease, { turn });
  const calls = (answer?.message.toolCalls ?? []).map(({ id }) => id);
  const results = options.all
    ? await allResults(context, lease, turn)
    : await resultsOf(context, lease, turn, calls);
  if (!results) return { held: false, results: new Map() };
  return { held, results, ...(answer === undefined ? {} : { answer }) };
}

type Results = ReadonlyMap<string, ToolResult>;

/** The results of these calls; `undefined` in another life. */
async function resultsOf(
  context: StoreContext,
  { threadId, runId, life }: Lease,
  turn: number,
  calls: readonly string[],
): Promise<Results | undefined> {
  const now = context.now();
  const partition = context.thread(threadId);
  const size = partition.backend.limits.maxReadKeys - 1;
  const results = new Map<string, ToolResult>();
  for (let start = 0; start < calls.length; start += size) {
    const keys = calls.slice(start, start + size).map((id) => resultKey(runId, turn, id));
    const snapshot = await partition.read([LIFE, ...keys], now);
    if (lifeIn(context, snapshot)?.revision !== life) return undefined;
    for (const key of keys) {
      const found = snapshot.get(key);
      const result = found && decodeResult(found);
      if (result) results.set(result.callId, result);
    }
  }
  return results;
}

/** All results that are stored under the turn; `undefined` in another life. */
async function allResults(
  context: StoreContext,
  { threadId, runId, life }: Lease,
  turn: number,
): Promise<Results | undefined> {
  const now = context.now();
  const partition = context.thread(threadId);
  const results = new Map<string, ToolResult>();
  const range = prefixRange(resultPrefix(runId, turn));
  for (let from: string | undefined = range.from; from !== undefined; ) {
    const page = await partition.scan({ from, to: range.to, limit: 100 }, now);
    for (const record of page.records) {
      const result = decodeResult(record);
      results.set(result.callId, result);
    }
    from = page.next;
  }
  const after = lifeIn(context, await partition.read([LIFE], now));
  return after?.revision === life ? results : undefined;
}
