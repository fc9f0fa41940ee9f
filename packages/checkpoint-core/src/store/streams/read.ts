import { DeletedError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { belongingOf, streamPartition } from "./belonging.ts";
import type { StreamEvent, StreamPage } from "./contract.ts";
import {
  batchKey,
  decodeBatch,
  decodeHead,
  HEAD,
  refuseExpired,
  type StoredHead,
} from "./record.ts";

/** A page, with what a follower must know beside it. */
export interface StreamLook extends StreamPage {
  /** Which stream was seen; none where nobody has written. */
  readonly token?: string;
  /** True when there was nothing more than this at that moment. */
  readonly atEnd: boolean;
}

/** Records of one page: events are read in batches. */
const PAGE = 50;

/**
 * Up to `limit` events from an index on. `known` is the token of a stream that this caller may read: then whose it is is not looked at again. Throws `DELETED` where
 * that one is gone or has expired, `CORRUPT` where an event is missing.
 */
export async function lookAt(
  context: StoreContext,
  streamId: string,
  from: number,
  limit: number,
  known?: string,
): Promise<StreamLook> {
  const now = context.now();
  const found = await collect(context, streamId, from, limit, now);
  if (!found.stored) {
    if (known !== undefined) throw gone(streamId);
    return { events: [], next: from, ended: false, atEnd: true };
  }
  const { head } = found.stored;
  if (head.token !== known) {
    if (known !== undefined) throw gone(streamId);
    await belongingOf(context, streamId, head, now);
  }
  refuseExpired(streamId, head, now);
  if (found.torn)
    throw new StorageError(
      "CORRUPT",
      `Events of the stream ${JSON.stringify(streamId)} are missing.`,
    );
  const { events } = found;
  const next = from + events.length;
  const { token, ended = false } = head;
  return { events, next, ended: ended && next >= head.next, token, atEnd: next >= head.next };
}

interface Found {
  readonly events: readonly StreamEvent[];
  readonly stored: StoredHead | undefined;
  /** True when an event that was written is not there. */
  readonly torn: boolean;
}

/** Batches upwards until there are enough events or the head comes, which stands behind them all: then both are of one instant. */
async function collect(
  context: StoreContext,
  streamId: string,
  from: number,
  limit: number,
  now: number,
): Promise<Found> {
  const partition = streamPartition(context, streamId);
  const events: StreamEvent[] = [];
  const to = `${HEAD}!`;
  let torn = false;
  for (let start: string | undefined = batchKey(from); start !== undefined; ) {
    const page: Awaited<ReturnType<typeof partition.scan>> = await partition.scan(
      { from: start, to, limit: Math.min(PAGE, limit + 1) },
      now,
    );
    for (const record of page.records) {
      const next = from + events.length;
      if (record.key === HEAD) {
        const stored = decodeHead(record);
        return { events, stored, torn: torn || next < stored.head.next };
      }
      const batch = decodeBatch(record);
      torn ||= batch.first > next;
      const values = batch.values.slice(
        next - batch.first,
        next - batch.first + limit - events.length,
      );
      for (const [at, value] of values.entries()) events.push({ index: next + at, value });
      if (torn || events.length === limit) return { events, torn, stored: await readHead() };
    }
    start = page.next;
  }
  return { events, torn, stored: undefined };

  async function readHead(): Promise<StoredHead | undefined> {
    const record = (await partition.read([HEAD], now)).get(HEAD);
    return record && decodeHead(record);
  }
}

function gone(streamId: string): DeletedError {
  return new DeletedError(`The stream ${JSON.stringify(streamId)} is gone.`);
}
