import { setImmediate } from "node:timers/promises";
import {
  createStore,
  isStorageError,
  type StreamEvent,
  type StreamStore,
} from "@perdure/checkpoint-core";
import { broken, onWrongBackend, type StoreMutant } from "./brokenStore.ts";

/** A store some verbs of whose streams go wrong. */
function brokenStreams(
  id: string,
  does: string,
  killedBy: string,
  wrong: (streams: StreamStore) => Partial<StreamStore>,
): StoreMutant {
  return broken(id, does, killedBy, ({ streams }) => ({
    streams: { ...streams, ...wrong(streams) },
  }));
}

/** A store whose followers follow in another way. */
function brokenFollow(
  id: string,
  does: string,
  killedBy: string,
  wrong: (streams: StreamStore, streamId: string, from: number) => AsyncGenerator<StreamEvent>,
): StoreMutant {
  return brokenStreams(id, does, killedBy, (streams) => ({
    follow: <T>(streamId: string, from = 0) =>
      wrong(streams, streamId, from) as AsyncGenerator<StreamEvent<T>>,
  }));
}

/** Turns of the event loop after which a follower that nobody wakes is given up. */
const PATIENCE = 200;

/** The options but for one. */
function without<T extends object>(options: T, name: keyof T): T {
  const kept = { ...options };
  Reflect.deleteProperty(kept, name);
  return kept;
}

/** Stores whose streams are wrong. */
export const streamMutants: readonly StoreMutant[] = [
  brokenStreams(
    "appends-again",
    "writes the events of a retried append once more, with the next indexes",
    "stream-retry",
    (right) => ({
      append: (streamId, events, options = {}) =>
        right.append(streamId, events, without(options, "operationId")),
    }),
  ),
  brokenStreams(
    "counts-by-itself",
    "gives indexes as if no other process wrote",
    "stream-dense",
    (right) => {
      let next = 0;
      return {
        async append(streamId, events, options) {
          const result = await right.append(streamId, events, options);
          next += events.length;
          return { ...result, first: next - events.length, next };
        },
      };
    },
  ),
  brokenStreams(
    "trusts-the-wake",
    "looks for events only when the notifier of its process says so",
    "stream-follow-elsewhere",
    (right) => {
      const state = { wakes: 0 };
      const woken = async <T>(call: Promise<T>): Promise<T> => {
        const result = await call;
        state.wakes += 1;
        return result;
      };
      return {
        append: (...call) => woken(right.append(...call)),
        end: (...call) => woken(right.end(...call)),
        async *follow<T>(streamId: string, from = 0) {
          for (let next = from; ; ) {
            const seen = state.wakes;
            const page = await right.read<T>(streamId, next);
            yield* page.events;
            ({ next } = page);
            if (page.ended) return undefined;
            for (let turns = 0; seen === state.wakes; turns += 1) {
              if (turns === PATIENCE) return right.get(streamId).then(() => undefined);
              await setImmediate();
            }
          }
        },
      };
    },
  ),
  brokenStreams(
    "event-by-event",
    "writes each event of a batch on its own, and names the append with the last one",
    "stream-killed-writer",
    (right) => ({
      async append(streamId, events, options = {}) {
        for (const event of events.slice(0, -1))
          await right.append(streamId, [event], without(options, "operationId"));
        const last = await right.append(streamId, events.slice(-1), options);
        return { ...last, first: last.next - events.length };
      },
    }),
  ),
  onWrongBackend(
    "frees-without-a-mark",
    "frees the events of what has expired by the clock of maintain, and says so nowhere",
    "stream-freed",
    (backend) => ({
      write: (partition, { writes, ...batch }) =>
        backend.write(partition, {
          ...batch,
          writes: writes.map((write) => {
            const marks = writes.length === 1 && write.op === "put" && write.key === "h";
            return marks ? { op: "check", key: write.key, expect: "present" } : write;
          }),
        }),
    }),
  ),
  onWrongBackend(
    "registers-with-any-life",
    "tells whatever life of the thread there is of a stream, not the one that was looked at",
    "stream-late-birth",
    (backend) => ({
      write: (partition, { writes, ...batch }) => {
        const registers = writes.some((write) => "key" in write && write.key.startsWith("b/"));
        const kept = writes.filter(({ op }) => !(registers && op === "check"));
        return backend.write(partition, { ...batch, writes: kept });
      },
    }),
  ),
  brokenFollow(
    "sleeps-through",
    "reads what there is, then follows from where the stream stands by then",
    "stream-no-gap",
    async function* (right, streamId, from) {
      const page = await right.read(streamId, from);
      yield* page.events;
      yield* right.follow(streamId, (await right.get(streamId))?.next);
    },
  ),
  brokenFollow(
    "ends-at-once",
    "finishes as soon as the stream has ended, whatever is left to be read",
    "stream-no-gap",
    async function* (right, streamId, from) {
      for await (const event of right.follow(streamId, from)) {
        yield event;
        if ((await right.get(streamId))?.ended) return;
      }
    },
  ),
  brokenFollow(
    "repeats-the-last",
    "gives a follower that reconnects the event that it had last once more",
    "stream-reconnect",
    async function* (right, streamId, from) {
      yield* right.follow(streamId, Math.max(0, from - 1));
    },
  ),
  brokenStreams(
    "swallows-the-end",
    "answers an append after the end as if it had been written",
    "stream-ended",
    (right) => ({
      async append(...call) {
        try {
          return await right.append(...call);
        } catch (error) {
          if (!isStorageError(error) || error.code !== "ENDED") throw error;
          return { first: 0, next: call[1].length, replayed: false };
        }
      },
    }),
  ),
  brokenStreams(
    "expired-is-empty",
    "answers a read of what has expired as if nothing had ever been there",
    "stream-lifetime",
    (right) => ({
      async read<T>(streamId: string, from = 0, limit = 100) {
        try {
          return await right.read<T>(streamId, from, limit);
        } catch (error) {
          if (!isStorageError(error) || error.code !== "DELETED") throw error;
          return { events: [], next: from, ended: false };
        }
      },
    }),
  ),
  brokenStreams(
    "counts-from-the-first-write",
    "lets a stream expire so long after its first write, not after its last",
    "stream-lifetime",
    (right) => ({
      async append(streamId, events, options = {}) {
        const before = await right.get(streamId);
        const result = await right.append(streamId, events, options);
        if (before?.expiresAt) await right.append(streamId, ["late"], { ttlMs: 1 });
        return result;
      },
    }),
  ),
  brokenStreams(
    "stream-of-nobody",
    "does not tell the thread of its streams",
    "stream-of-a-thread",
    (right) => ({
      append: (streamId, events, options = {}) =>
        right.append(streamId, events, without(options, "threadId")),
    }),
  ),
  brokenStreams(
    "any-life",
    "takes a writer of an earlier life of the thread for one of this life",
    "stream-of-a-thread",
    (right) => ({
      append: (streamId, events, options = {}) =>
        right.append(streamId, events, without(options, "life")),
    }),
  ),
  brokenStreams(
    "letters-alone",
    "calls a stream by the letters and digits of its id alone",
    "stream-names",
    (right) => ({
      append: (streamId, ...call) => right.append(streamId.replace(/[^a-z0-9]/gi, "_"), ...call),
      read: (streamId, ...call) => right.read(streamId.replace(/[^a-z0-9]/gi, "_"), ...call),
    }),
  ),
  brokenStreams(
    "keeps-what-is-erased",
    "answers from memory what has been erased in another process",
    "stream-erased",
    (right) => {
      const pages = new Map<string, readonly StreamEvent[]>();
      return {
        async append(streamId, events, options) {
          const result = await right.append(streamId, events, options);
          const known = pages.get(streamId) ?? [];
          const added = events.map((value, at) => ({ index: result.first + at, value }));
          pages.set(streamId, [...known, ...added]);
          return result;
        },
        async read<T>(streamId: string, from = 0, limit = 100) {
          const known = (pages.get(streamId) ?? []).slice(from, from + limit);
          if (known.length === 0) return right.read<T>(streamId, from, limit);
          return {
            events: known as readonly StreamEvent<T>[],
            next: from + known.length,
            ended: false,
          };
        },
      };
    },
  ),
  {
    id: "streams-of-all",
    does: "lets every user of the tenant have every stream",
    killedBy: "store.stream-owner",
    open(options) {
      const { streams } = createStore({ ...options, scope: without(options.scope, "user") });
      return { ...createStore(options), streams };
    },
  },
];
