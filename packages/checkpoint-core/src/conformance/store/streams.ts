import assert from "node:assert/strict";
import type { StreamEvent, StreamStore } from "../../store/streams/contract.ts";
import { refused } from "../history/store.ts";
import { apart, before, dying, losing, type StoreCase, storeCase } from "./bench.ts";
import { storedValues } from "./streamLives.ts";

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
        assert.deepEqual(await storedValues(there().streams, id), numbers(6));
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
];

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** Three named batches of three events. */
async function writeAll(streams: StreamStore, id: string): Promise<void> {
  for (let batch = 0; batch < 3; batch += 1) {
    const events = [0, 1, 2].map((at) => 3 * batch + at);
    await streams.append(id, events, { operationId: `o${batch}` });
  }
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
