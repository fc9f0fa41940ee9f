import { describe, expect, test } from "vitest";
import { partitionName } from "../../src/backend/keys.ts";
import { type Backend, createStore, memoryBackend, type Store } from "../../src/index.ts";
import { HEAD } from "../../src/store/history/record.ts";

const thread = partitionName("t", [undefined, "t"]);
const at = (place: number): string => String(place).padStart(16, "0");

/** Five entries, of which the bytes of one were changed. */
async function damaged(change: (bytes: Uint8Array) => void, place = 2): Promise<Store> {
  const backend = memoryBackend();
  const store = createStore({ backend });
  for (const id of ["a", "b", "c", "d", "e"])
    await store.history.append("t", [{ id, value: { said: id.repeat(40) } }]);
  await harm(backend, place, change);
  return createStore({ backend });
}

async function harm(
  backend: Backend,
  place: number,
  change: (bytes: Uint8Array) => void,
): Promise<void> {
  const key = `e/${at(place)}`;
  const [record] = await backend.read(thread, [key], 0);
  const value = Uint8Array.from(record?.value ?? []);
  change(value);
  await backend.write(thread, { writes: [{ op: "put", key, value, expect: "present" }], now: 0 });
}

const flip = (bytes: Uint8Array): void => {
  const last = bytes.length - 9;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
};

const ids = (found: readonly { readonly id: string }[]): string =>
  found.map(({ id }) => id).join("");

describe("an entry of which a byte was changed", () => {
  test("is CORRUPT whichever byte it was, and never another value", async () => {
    const backend = memoryBackend();
    const store = createStore({ backend });
    await store.history.append("t", [{ id: "a", value: { said: "hello" } }]);
    const [record] = await backend.read(thread, [`e/${at(0)}`], 0);
    const whole = record?.value ?? new Uint8Array();
    for (let index = 0; index < whole.length; index += 1)
      for (const mask of [1, 0x80]) {
        await harm(backend, 0, (bytes) => {
          bytes.set(whole);
          bytes[index] = (bytes[index] ?? 0) ^ mask;
        });
        const read = await store.history.read("t").catch((error: { code: string }) => error.code);
        expect(["CORRUPT", "INCOMPATIBLE"], `byte ${index}`).toContain(read);
      }
  });

  test("is named by the read that meets it, which can go around it", async () => {
    const { history } = await damaged(flip);
    await expect(history.read("t")).rejects.toMatchObject({
      code: "CORRUPT",
      message: expect.stringContaining(at(2)) as string,
    });
    expect(ids(await history.read("t", { after: at(2) }))).toBe("de");
    expect(ids(await history.read("t", { before: at(2) }))).toBe("ab");
    expect(ids(await history.read("t", { limit: 2 }))).toBe("de");
    const told: string[] = [];
    const onDamaged = (cursor: string, { code }: { code: string }): void => {
      told.push(`${cursor} ${code}`);
    };
    expect(ids(await history.read("t", { onDamaged }))).toBe("abde");
    expect(told).toEqual([`${at(2)} CORRUPT`]);
    expect(ids(await history.read("t", { limit: 3, onDamaged }))).toBe("de");
    await expect(history.read("t", { onDamaged: true as never })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  test("hinders no append, count or clear, and is healed by an upsert or a replacement", async () => {
    const store = await damaged(flip);
    const { history } = store;
    expect((await history.append("t", [{ id: "c", value: "retried" }])).cursors).toEqual([at(2)]);
    await history.append("t", [{ id: "f", value: 1 }]);
    expect(await history.count("t")).toBe(6);
    await history.upsert("t", [{ id: "c", value: "healed" }]);
    expect(ids(await history.read("t"))).toBe("abcdef");

    const replaced = (await damaged(flip)).history;
    await replaced.replace("t", { from: at(1), to: at(3) }, [{ id: "s", value: 1 }], {
      expected: 3,
    });
    expect(ids(await replaced.read("t"))).toBe("ase");
    expect((await replaced.append("t", [{ id: "c", value: "anew" }])).cursors).toEqual([at(5)]);
    expect(ids(await replaced.read("t"))).toBe("asec");

    const cleared = (await damaged(flip)).history;
    await cleared.clear("t");
    await cleared.append("t", [{ id: "c", value: 1 }]);
    expect(ids(await cleared.read("t"))).toBe("c");
  });

  test("holds up no long replacement", async () => {
    const backend = memoryBackend();
    const { history } = createStore({ backend });
    const many = Array.from({ length: 300 }, (_, id) => ({ id: `${id}`, value: id }));
    await history.append("t", many);
    await harm(backend, 150, flip);
    await history.replace("t", { to: at(298) }, [{ id: "s", value: 1 }], { expected: 299 });
    expect((await history.read("t")).map(({ id }) => id)).toEqual(["s", "299"]);
    const { records } = await backend.scan(thread, { from: "e/", to: "e/~", limit: 500 }, 0);
    expect(records).toHaveLength(2);
    expect((await history.append("t", [{ id: "150", value: 1 }])).cursors).toEqual([at(300)]);
  });
});

test("nobody but the thread's owner is told that a history is damaged", async () => {
  const backend = memoryBackend();
  const ann = createStore({ backend, scope: { user: "ann" } });
  await ann.history.append("t", [{ id: "a", value: 1 }]);
  const key = HEAD;
  const [head] = await backend.read(thread, [key], 0);
  const value = Uint8Array.from(head?.value ?? []);
  expect(value.length).toBeGreaterThan(9);
  flip(value);
  await backend.write(thread, { writes: [{ op: "put", key, value, expect: "present" }], now: 0 });
  const bob = createStore({ backend, scope: { user: "bob" } });
  for (const range of [{}, { limit: 1 }, { limit: 0 }, { before: at(9) }, { maxBytes: 1 }])
    await expect(bob.history.read("t", range)).rejects.toMatchObject({ code: "FORBIDDEN" });
  const calls = [
    bob.history.count("t"),
    bob.history.append("t", [{ id: "b", value: 1 }]),
    bob.history.upsert("t", [{ id: "a", value: 1 }]),
    bob.history.clear("t"),
    bob.threads.get("t"),
    bob.threads.create("t"),
    bob.threads.update("t", { title: "mine" }),
    bob.checkpoints.get("t"),
    bob.checkpoints.put("t", {}),
    bob.memory.list({ kind: "thread", threadId: "t" }),
    bob.threads.delete("t"),
  ];
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: "FORBIDDEN" });
  const own = createStore({ backend, scope: { user: "ann" } });
  await expect(own.history.read("t")).rejects.toMatchObject({ code: "CORRUPT" });
});
