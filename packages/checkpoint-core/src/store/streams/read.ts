import { ContentionError, DeletedError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { belongingOf, streamPartition } from "./belonging.ts";
import { collect, type Found, type Wanted } from "./collect.ts";
import type { StreamPage } from "./contract.ts";
import { refuseExpired } from "./record.ts";

/** A page, with what a follower must know beside it. */
export interface StreamLook extends StreamPage {
  /** Which stream was seen; none where nobody has written. */
  readonly token?: string;
  /** True when there was nothing more than this at that moment. */
  readonly atEnd: boolean;
}

/** Times that another stream may begin under the same id while one is read. */
const MAX_LOOKS = 100;

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
  const wanted = { partition: streamPartition(context, streamId), from, limit, now };
  const found = await ofOneStream(wanted, known !== undefined);
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

/** What is found of one stream. Where another began under its id meanwhile, one that is known is gone, and for anybody else it is looked again. */
async function ofOneStream(wanted: Wanted, isKnown: boolean): Promise<Found> {
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const found = await collect(wanted);
    if (isKnown || !found.isMixed) return found;
  }
  throw new ContentionError(
    `Another stream began under the same id during each of ${MAX_LOOKS} looks at it.`,
  );
}

function gone(streamId: string): DeletedError {
  return new DeletedError(`The stream ${JSON.stringify(streamId)} is gone.`);
}
