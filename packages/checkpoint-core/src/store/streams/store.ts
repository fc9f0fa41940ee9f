import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import {
  checkId,
  checkOperationId,
  checkWhole,
  operationOf,
  type OperationOptions,
} from "../operation.ts";
import { checkList, checkObject } from "../arguments.ts";
import { digestOfEach } from "../payload.ts";
import type { Timer } from "../timer.ts";
import { belongingOf, streamPartition } from "./belonging.ts";
import type { StreamCache } from "./cache.ts";
import type { StreamEvent, StreamOptions, StreamPage, StreamStore } from "./contract.ts";
import { followStream } from "./follow.ts";
import type { Notifier } from "../../backend/notifier.ts";
import { lookAt } from "./read.ts";
import { batchesOf, decodeHead, HEAD, infoOf, refuseExpired } from "./record.ts";
import { type StreamWrite, writeStream } from "./write.ts";

/** What the streams of all scopes of a process share. */
export interface StreamParts {
  readonly streams: StreamCache;
  readonly notifier: Notifier;
  readonly timer: Timer;
}

/** The longest lifetime: beyond it there are no dates. */
const MAX_TTL_MS = 100 * 366 * 24 * 60 * 60 * 1000;
/** Events of a page when nobody says how many. */
const PAGE = 100;

/** The streams of one scope. */
export function streamStore(
  context: StoreContext,
  { streams: cache, notifier, timer }: StreamParts,
): StreamStore {
  const writing = (
    streamId: string,
    options: StreamOptions,
    what: Pick<StreamWrite, "batches" | "ends" | "operation">,
  ): StreamWrite => {
    const [partition, now] = [streamPartition(context, streamId), context.now()];
    return { context, cache, notifier, partition, streamId, options, now, ...what };
  };
  return {
    async append(streamId, events, options = {}) {
      checkWrite(streamId, options);
      checkList("events", events);
      if (events.length === 0)
        throw new StorageError("INVALID_ARGUMENT", "An append needs at least one event.");
      const batches = batchesOf(events);
      const operation = operationOf("append", options, () => payloadOf(events, options));
      await context.ready();
      const append = writing(streamId, options, { batches, ends: false, operation });
      const { first, next, replayed } = await writeStream(append);
      return { first, next, replayed };
    },
    async end(streamId, options = {}) {
      checkWrite(streamId, options);
      // Ending needs no name: one that came along would be that of an append.
      const ending = { batches: [], ends: true, operation: undefined };
      await context.ready();
      const { head } = await writeStream(writing(streamId, options, ending));
      return infoOf(streamId, head);
    },
    async read<T>(streamId: string, from = 0, limit = PAGE) {
      checkPlace(streamId, from);
      checkWhole("limit", limit, 1);
      await context.ready();
      const { events, next, ended } = await lookAt(context, streamId, from, limit);
      return { events: events as readonly StreamEvent<T>[], next, ended } satisfies StreamPage<T>;
    },
    follow(streamId, from = 0, signal) {
      checkPlace(streamId, from);
      if (signal !== undefined && typeof signal?.addEventListener !== "function")
        throw new StorageError("INVALID_ARGUMENT", "signal must be an AbortSignal.");
      return followStream({ context, notifier, timer, streamId, from, signal });
    },
    async get(streamId) {
      checkId("streamId", streamId);
      await context.ready();
      const now = context.now();
      const record = (await streamPartition(context, streamId).read([HEAD], now)).get(HEAD);
      if (!record) return undefined;
      const { head } = decodeHead(record);
      await belongingOf(context, streamId, head, now);
      refuseExpired(streamId, head, now);
      return infoOf(streamId, head);
    },
  };
}

/** What a strict append is compared by. Whose the stream is, is looked at before. */
function payloadOf(events: readonly unknown[], { ttlMs }: StreamOptions): object {
  return { events: digestOfEach(events), ttlMs };
}

function checkPlace(streamId: string, from: number): void {
  checkId("streamId", streamId);
  checkWhole("from", from);
}

function checkWrite(streamId: string, options: StreamOptions & OperationOptions): void {
  checkId("streamId", streamId);
  checkObject("The options of a stream", options);
  const { threadId, life, ttlMs, operationId } = options;
  if (threadId !== undefined) checkId("threadId", threadId);
  if (life !== undefined) checkWhole("life", life, 1);
  if (life !== undefined && threadId === undefined)
    throw new StorageError("INVALID_ARGUMENT", "A life is given with its thread.");
  if (ttlMs !== undefined) checkLifetime(ttlMs);
  if (operationId !== undefined) checkOperationId(operationId);
}

function checkLifetime(ttlMs: number): void {
  checkWhole("ttlMs", ttlMs, 1);
  if (ttlMs > MAX_TTL_MS)
    throw new StorageError("INVALID_ARGUMENT", "ttlMs is over a hundred years.");
}
