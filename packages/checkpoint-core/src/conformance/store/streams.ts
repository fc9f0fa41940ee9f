import assert from "node:assert/strict";
import type { StreamEvent, StreamStore } from "../../store/streams/contract.ts";
import { refused } from "../history/store.ts";
import { apart, before, dying, losing, type StoreCase, storeCase, THEN } from "./bench.ts";

/** What the stream of these cases is called. */
const ID = "run/7 {é}";
/** More than any of these calls makes of the backend before it waits. */
const MOST_CALLS = 8;

/** Streams: dense, complete, and over when they are over. */
export const storedStreams: readonly StoreCase[] = [
  storeCase(
    "stream-dense",
    "writers in two processes at once leave one dense order in which each batch stands together",
    async ({ here, there }) => {
      const stores = [here().streams, there().streams];
      const firsts = await Promise.all(
        stores.flatMap((streams, writer) =>
          Array.from({ length: 8 }, async (_, batch) => {
            const events = [0, 1, 2].map((at) => `${writer}.${batch}.${at}`);
            return (await streams.append(ID, events)).first;
          }),
        ),
      );
      assert.deepEqual(
        firsts.toSorted((a, b) => a - b),
        firsts.map((_, at) => at * 3),
      );
      const { events, next } = await there().streams.read(ID);
      assert.equal(next, 48);
      assert.deepEqual(
        events.map(({ index }) => index),
        numbers(48),
      );
      for (const [order, first] of firsts.entries()) {
        const name = `${Math.floor(order / 8)}.${order % 8}`;
        assert.deepEqual(
          events.slice(first, first + 3).map(({ value }) => value),
          [0, 1, 2].map((at) => `${name}.${at}`),
        );
      }
    },
  ),
  storeCase(
    "stream-retry",
    "an append that is retried, as after a lost acknowledgement, is there once, and gets its first place",
    async ({ here, there }) => {
      for (let lost = 0; lost < MOST_CALLS; lost += 1) {
        const id = `${ID} ${lost}`;
        const unlucky = here({ through: losing((index) => index === lost) }).streams;
        for (let batch = 0; batch < 3; batch += 1) {
          const named = { operationId: `o${batch}` };
          const events = [2 * batch, 2 * batch + 1];
          await unlucky.append(id, events, named).catch(() => undefined);
          assert.equal((await there().streams.append(id, events, named)).first, 2 * batch);
        }
        assert.deepEqual(await valuesOf(there().streams, id), numbers(6));
      }
    },
  ),
  storeCase(
    "stream-killed-writer",
    "a writer that is killed between any two calls leaves whole batches; one that comes back goes on where it was, and its follower with it",
    async ({ here, there }) => {
      for (let calls = 0; calls < 10; calls += 1) {
        const id = `${ID} ${calls}`;
        const followed = gather(here().streams.follow(id));
        const killed = dying(calls);
        const writer = here({ through: killed.through }).streams;
        await Promise.race([writeAll(writer, id), killed.died]);
        await writeAll(there().streams, id);
        await there().streams.end(id);
        assert.deepEqual(await followed, numbers(9), id);
      }
    },
  ),
  storeCase(
    "stream-follow-elsewhere",
    "a follower in another process than the writer gets every event, in order, and finishes at the end",
    async ({ here, there }) => {
      const reader = here({ through: apart }).streams;
      const followed = [0, 0, 2].map(async (from) => gather(reader.follow(ID, from)));
      const writer = there({ through: apart }).streams;
      const first = reader.follow(ID);
      for (let at = 0; at < 4; at += 1) {
        const event = first.next();
        await writer.append(ID, [at]);
        assert.deepEqual((await event).value, { index: at, value: at });
      }
      await writer.end(ID);
      assert.equal((await first.next()).done, true);
      assert.deepEqual(await Promise.all(followed), [numbers(4), numbers(4), [2, 3]]);
    },
  ),
  storeCase(
    "stream-reconnect",
    "a reader that reconnects after any event misses none and sees none twice, within a batch too",
    async ({ here, there }) => {
      const { streams } = here();
      await streams.append(ID, [0, 1, 2, 3]);
      await streams.append(ID, [4]);
      await streams.append(ID, [5, 6]);
      await streams.end(ID);
      for (let cut = 0; cut <= 7; cut += 1) {
        const seen: unknown[] = [];
        let next = 0;
        if (cut > 0)
          for await (const { index, value } of streams.follow(ID)) {
            seen.push(value);
            next = index + 1;
            if (next === cut) break;
          }
        for await (const { value } of there().streams.follow(ID, next)) seen.push(value);
        assert.deepEqual(seen, numbers(7), `after ${cut}`);
        const page = await there().streams.read(ID, cut, 2);
        assert.deepEqual(
          page.events,
          [cut, cut + 1].filter((at) => at < 7).map((at) => ({ index: at, value: at })),
        );
        assert.deepEqual([page.next, page.ended], [Math.min(cut + 2, 7), cut >= 5]);
      }
    },
  ),
  storeCase(
    "stream-no-gap",
    "what is written before any call that a follower makes is not slept through, nor is it lost when the stream ends at once",
    async ({ here, there }) => {
      for (let call = 0; call < MOST_CALLS; call += 1) {
        const id = `${ID} ${call}`;
        await there().streams.append(id, [0]);
        let writing: Promise<unknown> | undefined;
        const write = async (): Promise<void> => {
          await there().streams.append(id, [1, 2]);
          await there().streams.end(id);
        };
        const writeMore = async (): Promise<void> => {
          await (writing ??= write());
        };
        const reader = here({ through: before(writeMore, (_verb, index) => index === call) });
        const events = reader.streams.follow(id);
        const seen = [(await events.next()).value?.value];
        const rest = gather(events);
        await writeMore();
        assert.deepEqual([...seen, ...(await rest)], numbers(3), id);
      }
    },
  ),
  storeCase(
    "stream-ended",
    "nothing is written after the end, in no process, and a retry of what was written before it is still answered",
    async ({ here, there }) => {
      const warm = there().streams;
      await warm.append(ID, [0], { operationId: "o" });
      await here().streams.append(ID, [1]);
      await here().streams.end(ID);
      await refused(warm.append(ID, [2]), "ENDED", "an append after the end");
      assert.equal((await warm.append(ID, [0], { operationId: "o" })).first, 0);
      assert.equal((await warm.end(ID)).next, 2);
      assert.deepEqual(await gather(warm.follow(ID)), numbers(2));
      assert.deepEqual(await gather(warm.follow(ID, 2)), []);
    },
  ),
  storeCase(
    "stream-lifetime",
    "a stream that has expired is told from one that is empty: to readers, to followers and to writers",
    async ({ here, there }) => {
      await here().streams.append(ID, [0], { ttlMs: 1000 });
      assert.deepEqual(await valuesOf(there({ at: THEN + 999 }).streams, ID), [0]);
      await there({ at: THEN + 999 }).streams.append(ID, [1]);
      assert.deepEqual(await valuesOf(there({ at: THEN + 1998 }).streams, ID), [0, 1]);
      const late = there({ at: THEN + 1999 }).streams;
      await refused(late.read(ID), "DELETED", "a read");
      await refused(late.get(ID), "DELETED", "a look");
      await refused(late.follow(ID).next(), "DELETED", "a follower");
      await refused(late.append(ID, [2]), "DELETED", "an append");
      await refused(late.append(ID, [2], { ttlMs: 1000 }), "DELETED", "an append for longer");
      await refused(late.end(ID), "DELETED", "an end");
      assert.deepEqual(await late.read("another"), { events: [], next: 0, ended: false });
    },
  ),
  storeCase(
    "stream-freed",
    "maintain frees what has expired and nothing else; what was freed stays so, whatever a clock says",
    async ({ here, there }) => {
      const hour = 3_600_000;
      await here().streams.append(ID, [0], { ttlMs: 1000 });
      await here().streams.append("kept", [0]);
      await here().streams.append("longer", [0], { ttlMs: 10 * hour });
      await there({ at: THEN + 3 * hour }).maintain({ ms: 10_000 });
      await refused(there().streams.read(ID), "DELETED", "a read by a clock that is behind");
      await refused(there().streams.append(ID, [1]), "DELETED", "an append by such a clock");
      assert.deepEqual(await valuesOf(there().streams, "kept"), [0]);
      assert.deepEqual(await valuesOf(there().streams, "longer"), [0]);
    },
  ),
  storeCase(
    "stream-of-a-thread",
    "a stream is deleted with its thread: late writers are refused, followers are told, and the next life begins anew",
    async ({ here, there }) => {
      const [warm, cold] = [here(), there()];
      const { life } = await warm.threads.create("t");
      await warm.streams.append(ID, [0, 1], { threadId: "t" });
      const stop = new AbortController();
      const events = cold.streams.follow(ID, 2, stop.signal);
      const next = events.next();
      await cold.threads.delete("t");
      try {
        assert.equal(await cold.streams.get(ID), undefined);
        await refused(next, "DELETED", "a follower");
      } finally {
        stop.abort();
      }
      await refused(warm.streams.append(ID, [2]), "DELETED", "a late writer");
      await refused(there().streams.append(ID, [2], { threadId: "t" }), "DELETED", "another one");
      await cold.threads.create("t");
      await refused(
        cold.streams.append(ID, [2], { threadId: "t", life }),
        "DELETED",
        "a writer of the life before",
      );
      assert.equal((await cold.streams.append(ID, ["a"], { threadId: "t" })).first, 0);
      assert.deepEqual(await valuesOf(there().streams, ID), ["a"]);
      assert.deepEqual(await valuesOf(warm.streams, ID), ["a"]);
    },
  ),
  storeCase(
    "stream-late-birth",
    "a stream that is made while its thread is deleted is nobody's, also in the thread's next life",
    async ({ here, there }) => {
      for (let call = 0; call < 2 * MOST_CALLS; call += 1) {
        const [thread, id] = [`t${call}`, `${ID} ${call}`];
        await there().threads.create(thread);
        const remake = async (): Promise<void> => {
          await there().threads.delete(thread);
          await there().threads.create(thread);
        };
        const slow = here({ through: before(remake, (_verb, index) => index === call) }).streams;
        const { life } = (await there().threads.get(thread)) ?? {};
        const named = life === undefined ? {} : { life };
        const [made] = await Promise.allSettled([
          slow.append(id, ["old"], { threadId: thread, ...named }),
        ]);
        const old = made.status === "fulfilled" ? ["old"] : [];
        const now = await there().threads.get(thread);
        if (now?.life !== life || made.status === "rejected") {
          const added = await there().streams.append(id, ["new"], { threadId: thread });
          assert.equal(added.first, 0, `before call ${call}`);
          assert.deepEqual(await valuesOf(there().streams, id), ["new"], `before call ${call}`);
        } else assert.deepEqual(await valuesOf(there().streams, id), old, `before call ${call}`);
      }
    },
  ),
  storeCase(
    "stream-owner",
    "a stream is its thread's owner's, or its writer's: another user is refused whatever they call, and writes nothing",
    async ({ here, there }) => {
      const ann = here({ scope: { user: "ann" } }).streams;
      await ann.append("of a thread", [0], { threadId: "t" });
      await ann.append("of hers", [0]);
      const bob = here({ scope: { user: "bob" } }).streams;
      for (const id of ["of a thread", "of hers"]) {
        await refused(bob.read(id), "FORBIDDEN", "a read");
        await refused(bob.get(id), "FORBIDDEN", "a look");
        await refused(bob.follow(id).next(), "FORBIDDEN", "a follower");
        await refused(bob.append(id, [1]), "FORBIDDEN", "an append");
        await refused(
          bob.append(id, [1], { threadId: "t" }),
          "FORBIDDEN",
          "an append by its thread",
        );
        await refused(bob.end(id), "FORBIDDEN", "an end");
        assert.deepEqual(await valuesOf(there().streams, id), [0]);
      }
      await refused(
        bob.append("new", [1], { threadId: "t" }),
        "FORBIDDEN",
        "a stream of her thread",
      );
      const elsewhere = there({ scope: { tenant: "other" } }).streams;
      assert.deepEqual(await elsewhere.read("of hers"), { events: [], next: 0, ended: false });
    },
  ),
];

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** Three named batches of three events. */
async function writeAll(streams: StreamStore, id: string): Promise<void> {
  for (let batch = 0; batch < 3; batch += 1) {
    const events = [0, 1, 2].map((at) => 3 * batch + at);
    await streams.append(id, events, { operationId: `o${batch}` });
  }
}

async function valuesOf(streams: StreamStore, id: string): Promise<readonly unknown[]> {
  return (await streams.read(id, 0, 1000)).events.map(({ value }) => value);
}

/** The values of all events until the stream ends; their indexes must be dense. */
async function gather(events: AsyncIterable<StreamEvent>): Promise<readonly unknown[]> {
  const values: unknown[] = [];
  let last: number | undefined;
  for await (const { index, value } of events) {
    if (last !== undefined) assert.equal(index, last + 1, "the next index");
    last = index;
    values.push(value);
  }
  return values;
}
