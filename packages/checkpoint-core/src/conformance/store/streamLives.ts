import assert from "node:assert/strict";
import type { StreamStore } from "../../store/streams/contract.ts";
import { refused } from "../history/store.ts";
import { hostileStrings } from "../hostileStrings.ts";
import { before, type StoreCase, storeCase, THEN } from "./bench.ts";

/** What the stream of these cases is called. */
const ID = "run/7 {é}";
/** More than a first write to a stream makes of the backend. */
const MOST_CALLS = 16;

/** Streams: whose they are, and when they are gone. */
export const storedStreamLives: readonly StoreCase[] = [
  storeCase(
    "stream-lifetime",
    "a stream that has expired is told from one that is empty: to readers, to followers and to writers",
    async ({ here, there }) => {
      await here().streams.append(ID, [0], { ttlMs: 1000 });
      assert.deepEqual(await storedValues(there({ at: THEN + 999 }).streams, ID), [0]);
      await there({ at: THEN + 999 }).streams.append(ID, [1]);
      assert.deepEqual(await storedValues(there({ at: THEN + 1998 }).streams, ID), [0, 1]);
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
      assert.deepEqual(await storedValues(there().streams, "kept"), [0]);
      assert.deepEqual(await storedValues(there().streams, "longer"), [0]);
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
      // On a slow engine it fails before anybody waits for it here.
      next.catch(() => undefined);
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
      assert.deepEqual(await storedValues(there().streams, ID), ["a"]);
      for (const { streams } of [cold, there()])
        await refused(
          streams.append(ID, [2], { threadId: "t", life }),
          "DELETED",
          "a writer of the life before, on what is there again",
        );
      assert.deepEqual(await storedValues(warm.streams, ID), ["a"]);
    },
  ),
  storeCase(
    "stream-late-birth",
    "a stream that is made while its thread is deleted is nobody's, also in the thread's next life",
    async ({ here, there }) => {
      for (let call = 0; call < MOST_CALLS; call += 1) {
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
        if (now?.life !== life)
          await refused(
            slow.append(id, ["late"], { threadId: thread, ...named }),
            "DELETED",
            `a second append, before call ${call}`,
          );
        if (now?.life !== life || made.status === "rejected") {
          const added = await there().streams.append(id, ["new"], { threadId: thread });
          assert.equal(added.first, 0, `before call ${call}`);
          assert.deepEqual(await storedValues(there().streams, id), ["new"], `before call ${call}`);
        } else
          assert.deepEqual(await storedValues(there().streams, id), old, `before call ${call}`);
      }
    },
  ),
  storeCase(
    "stream-replaced",
    "a page shows events of one stream only, also when another user's is deleted and begins anew between any two looks",
    async ({ here, there }) => {
      const bob = { scope: { user: "bob" } };
      for (let call = 0; call < MOST_CALLS; call += 1) {
        const [thread, id] = [`t${call}`, `${ID} ${call}`];
        const ann = here({ scope: { user: "ann" } });
        await ann.streams.append(id, ["hers", "hers", "hers"], { threadId: thread });
        const replace = async (): Promise<void> => {
          await ann.threads.delete(thread);
          await here(bob).streams.append(id, ["his", "his", "his"], { threadId: `${thread} 2` });
        };
        const through = before(replace, (_verb, index) => index === call);
        const [page] = await Promise.allSettled([
          there({ ...bob, through }).streams.read(id, 0, 2),
        ]);
        if (page.status === "rejected") continue;
        const values = page.value.events.map(({ value }) => value);
        assert.deepEqual(values, ["his", "his"], `replaced before call ${call}`);
      }
    },
  ),
  storeCase(
    "stream-erased",
    "an erasure takes a user's streams and nobody else's, and finds again what was written since in any process",
    async ({ here, there }) => {
      const ann = { scope: { user: "ann" } };
      const writer = here(ann);
      await here({ scope: { user: "bob" } }).streams.append("bob's", [0]);
      for (let round = 0; round < 3; round += 1) {
        assert.equal((await writer.streams.append(ID, [round])).first, 0, `round ${round}`);
        const stop = new AbortController();
        const { streams } = there(ann);
        const followed = Promise.allSettled([streams.follow(ID, 1, stop.signal).next()]);
        await there(ann).erase({ operationId: `erasure ${round}` });
        assert.deepEqual(await storedValues(writer.streams, ID), [], `after erasure ${round}`);
        assert.deepEqual(await storedValues(there().streams, ID), []);
        stop.abort();
        await followed;
      }
      assert.deepEqual(await storedValues(there().streams, "bob's"), [0]);
    },
  ),
  storeCase(
    "stream-names",
    "streams and effects are what they are called, whatever characters that takes",
    async ({ here, there }) => {
      const names = hostileStrings.filter((name) => name.length > 0 && name.length <= 4096);
      for (const [at, name] of names.entries()) {
        await here().streams.append(name, [at], at % 2 ? { threadId: "t" } : {});
        await here().effects.once("t", name, () => at);
      }
      for (const [at, name] of names.entries()) {
        assert.deepEqual(await storedValues(there().streams, name), [at], JSON.stringify(name));
        const { value } = await there().effects.once("t", name, () => -1);
        assert.equal(value, at, JSON.stringify(name));
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
        assert.deepEqual(await storedValues(there().streams, id), [0]);
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

/** The values of the first thousand events. */
export async function storedValues(streams: StreamStore, id: string): Promise<readonly unknown[]> {
  return (await streams.read(id, 0, 1000)).events.map(({ value }) => value);
}
