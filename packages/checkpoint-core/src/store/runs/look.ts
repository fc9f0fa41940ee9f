import type { StoreContext } from "../context.ts";
import { checkWhole } from "../operation.ts";
import { LEASE, LIFE, lifeIn } from "../threads/life.ts";
import { prefixRange } from "../../backend/keys.ts";
import type { Snapshot } from "../partition.ts";
import type { ToolResult } from "../messages.ts";
import { storedIn } from "../commit/outcome.ts";
import { decodeResult } from "./closing.ts";
import type { Look, StoredTurn } from "./contract.ts";
import type { Lease } from "../lease.ts";
import { answerKey, resultKey, resultPrefix } from "./record.ts";

/** One read: whether the lease still holds, and what is stored of a turn or a call. */
export async function look(
  context: StoreContext,
  lease: Lease,
  { turn, callId }: { readonly turn?: number; readonly callId?: string } = {},
): Promise<Look> {
  if (turn !== undefined) checkWhole("turn", turn, 1);
  await context.ready();
  const { runId, threadId } = lease;
  const answer = turn === undefined ? undefined : answerKey(runId, turn);
  const result =
    turn === undefined || callId === undefined ? undefined : resultKey(runId, turn, callId);
  const wanted = result ?? answer;
  const keys = [LIFE, LEASE, ...(wanted === undefined ? [] : [wanted])];
  const snapshot = await context.thread(threadId).read(keys, context.now());
  return {
    held: holds(context, snapshot, lease),
    ...storedIn(snapshot, result === undefined ? answer : undefined, result),
  };
}

/** What is stored of a turn: the answer with the lease in one read, then the results. */
export async function readTurn(
  context: StoreContext,
  lease: Lease,
  turn: number,
): Promise<StoredTurn> {
  const { held, answer } = await look(context, lease, { turn });
  const results = new Map<string, ToolResult>();
  const partition = context.thread(lease.threadId);
  const range = prefixRange(resultPrefix(lease.runId, turn));
  for (let from: string | undefined = range.from; from !== undefined; ) {
    const page = await partition.scan({ from, to: range.to, limit: 100 }, context.now());
    for (const record of page.records) {
      const result = decodeResult(record);
      results.set(result.callId, result);
    }
    from = page.next;
  }
  return { held, results, ...(answer === undefined ? {} : { answer }) };
}

function holds(context: StoreContext, snapshot: Snapshot, lease: Lease): boolean {
  const life = lifeIn(context, snapshot);
  return life?.revision === lease.life && snapshot.get(LEASE)?.revision === lease.fence;
}
