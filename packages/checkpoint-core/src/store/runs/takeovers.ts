import { prefixRange } from "../../backend/keys.ts";
import { HEAD as CHECKPOINTS } from "../checkpoints/schema.ts";
import { HEAD as HISTORY } from "../history/record.ts";
import type { OpenRecord } from "../partition.ts";
import type { Ask } from "./ask.ts";
import { answerPrefix, resultPrefix, type StoredRun } from "./record.ts";

/** Results that are looked at in one read. */
const PAGE = 100;

/**
 * How often in a row, this time counted, the run is taken over from a holder that has stored nothing since it took it: no answer, no result, no checkpoint and no message. Read before a write that
 * expects the pulse as it was, so nothing is stored in between.
 */
export async function takeovers(ask: Ask, run: StoredRun): Promise<number> {
  const { takeovers: before = 0 } = ask.standing.lease;
  return ((await hasStored(ask, run)) ? 0 : before) + 1;
}

/** Whether the thread has got anything since the lease was written. */
async function hasStored(
  { partition, standing, now }: Ask,
  { record }: StoredRun,
): Promise<boolean> {
  const isLater = ({ revision }: OpenRecord): boolean => revision > standing.fence;
  const heads = await partition.read([CHECKPOINTS, HISTORY], now, { partial: true });
  if ([...heads.values()].some(isLater)) return true;
  const answers = { ...prefixRange(answerPrefix(record.id)), limit: 1, reverse: true };
  const [last] = (await partition.scan(answers, now, { partial: true })).records;
  if (!last) return false;
  if (isLater(last)) return true;
  const turn = Number(last.key.slice(answerPrefix(record.id).length));
  const range = prefixRange(resultPrefix(record.id, turn));
  for (let from: string | undefined = range.from; from !== undefined; ) {
    const page = await partition.scan({ from, to: range.to, limit: PAGE }, now, { partial: true });
    if (page.records.some(isLater)) return true;
    from = page.next;
  }
  return false;
}
