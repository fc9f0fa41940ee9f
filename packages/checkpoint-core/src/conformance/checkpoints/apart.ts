import assert from "node:assert/strict";
import type { Case } from "../case.ts";
import { hostileStrings } from "../hostileStrings.ts";
import {
  type CheckpointerSubject,
  checkpointerCase,
  type PlainCheckpointer,
  stateOf,
} from "./plain.ts";

/** What threads keep from each other, and a caller's objects from what is stored. */
export const apart: readonly Case<CheckpointerSubject>[] = [
  checkpointerCase(
    "thread-and-id-apart",
    "no thread with an id joined to it reads another's checkpoint: get('user', '42:' + id) is null",
    async (one) => {
      for (const separator of [":", "/", "|", "#", "-", ".", "_", "%3A", " "]) {
        const id = await one.put(`user${separator}42`, stateOf(separator));
        assert.equal(await refusedAsNull(one.get("user", `42${separator}${id}`)), null);
        assert.equal(await refusedAsNull(one.get(`user${separator}42${separator}${id}`)), null);
        await refusedAsNull(one.delete("user", `42${separator}${id}`));
        assert.deepEqual(await one.get(`user${separator}42`), stateOf(separator));
      }
    },
  ),
  checkpointerCase(
    "ids-belong-to-threads",
    "the id of one thread's checkpoint answers null in another, and deletes nothing there",
    async (one) => {
      const id = await one.put("t", stateOf("t"));
      await one.put("u", stateOf("u"));
      assert.equal(await one.get("u", id), null);
      await one.delete("u", id);
      assert.deepEqual(await one.get("t"), stateOf("t"));
    },
  ),
  checkpointerCase(
    "hostile-threads",
    "threads of any two names are two, or the name is refused",
    async (one) => {
      const kept: string[] = [];
      for (const thread of hostileStrings) if (await taken(one, thread)) kept.push(thread);
      assert.ok(kept.includes("user:42") && kept.includes("a/b"), "names that people do use");
      for (const thread of kept) {
        assert.deepEqual(await one.get(thread), stateOf(thread));
        assert.equal((await one.list(thread)).length, 1);
      }
    },
  ),
  checkpointerCase(
    "delete-reaches-no-other",
    "deleting a thread leaves those whose names begin alike, or match it as a pattern",
    async (one) => {
      const threads = ["user", "user:42", "user_42", "userX42", "user%", "user*", "use", "USER"];
      const kept: string[] = [];
      for (const thread of threads) if (await taken(one, thread)) kept.push(thread);
      for (const [index, thread] of kept.entries()) {
        await one.delete(thread);
        for (const other of kept.slice(index + 1))
          assert.deepEqual(await one.get(other), stateOf(other), `${other} after ${thread} went`);
      }
    },
  ),
  checkpointerCase(
    "copies",
    "changing a state after it was put, or one that was got, changes nothing stored",
    async (one) => {
      const state = { version: 2, list: [1], inner: { a: 1 } };
      const id = await one.put("t", state);
      state.list.push(2);
      state.inner.a = 2;
      for (const read of [() => one.get("t"), () => one.get("t", id)]) {
        const got = (await read()) as typeof state;
        assert.deepEqual(got, { version: 2, list: [1], inner: { a: 1 } });
        got.list.push(3);
        got.inner.a = 3;
      }
      assert.deepEqual(await one.get("t"), { version: 2, list: [1], inner: { a: 1 } });
    },
  ),
];

/** Puts a state under the name; false when the name is refused. */
async function taken(one: PlainCheckpointer, thread: string): Promise<boolean> {
  try {
    await one.put(thread, stateOf(thread));
    return true;
  } catch {
    return false;
  }
}

/** A refusal of a strange id is as good as an answer of none. */
async function refusedAsNull(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch {
    return null;
  }
}
