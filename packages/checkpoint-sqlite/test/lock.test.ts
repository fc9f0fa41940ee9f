import { setImmediate as nextTurn } from "node:timers/promises";
import { ContentionError } from "@perdure/checkpoint-core";
import { type SqliteClient, sqliteBackend } from "@perdure/checkpoint-sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { openClient } from "../src/open.ts";
import { drivers, testFile } from "./folder.ts";

const put = (value: string) =>
  ({
    writes: [{ op: "put", key: "a", value: Buffer.from(value), expect: "any" }],
    now: 0,
  }) as const;

/** How a call ended, and what was done on the event loop's turns while it was under way. */
async function meanwhile(
  call: Promise<unknown>,
  work: () => Promise<unknown>,
): Promise<{ readonly error: unknown; readonly turns: number }> {
  const state: { ended: boolean; error?: unknown } = { ended: false };
  call
    .catch((error: unknown) => {
      state.error = error;
    })
    .finally(() => {
      state.ended = true;
    });
  let turns = 0;
  for (; !state.ended; turns += 1) {
    await work();
    await nextTurn();
  }
  return { error: state.error, turns };
}

describe.each(drivers)("a lock that someone else holds, %s", (driver) => {
  const foreign = async (path: string): Promise<SqliteClient> => {
    const client = await openClient(path, driver);
    onTestFinished(() => void client.close());
    return client;
  };
  test("a write gives up with ContentionError, writes nothing, and the event loop turns meanwhile", async () => {
    const path = await testFile();
    await using backend = sqliteBackend({ path, driver, waitMs: 50 });
    await backend.setup("create");
    await backend.write("p", put("before"));
    const other = await foreign(path);
    other.exec("begin immediate");

    const { error, turns } = await meanwhile(backend.write("p", put("while locked")), nextTurn);
    expect(error).toBeInstanceOf(ContentionError);
    expect(error).toMatchObject({ code: "CONTENTION", retryable: true, cause: expect.any(Error) });
    expect(turns).toBeGreaterThan(10);

    other.exec("rollback");
    expect(await backend.read("p", ["a"], 0)).toEqual([
      { key: "a", value: new Uint8Array(Buffer.from("before")), revision: 1 },
    ]);
  });

  test("reads go on while a writer holds the lock, and do not put off the writers' bound", async () => {
    const path = await testFile();
    await using backend = sqliteBackend({ path, driver, waitMs: 50 });
    await backend.setup("create");
    await backend.write("p", put("before"));
    const other = await foreign(path);
    other.exec("begin immediate");
    const { error } = await meanwhile(backend.write("p", put("while locked")), async () => {
      const [record] = await backend.read("p", ["a"], 0);
      expect(record?.revision).toBe(1);
    });
    expect(error).toMatchObject({ code: "CONTENTION" });
    other.exec("rollback");
  });

  test("a write of checks alone needs no lock", async () => {
    const path = await testFile();
    await using backend = sqliteBackend({ path, driver, waitMs: 0 });
    await backend.setup("create");
    await backend.write("p", put("before"));
    const other = await foreign(path);
    other.exec("begin immediate");
    const check = { op: "check", key: "a", expect: 1 } as const;
    expect(await backend.write("p", { writes: [check], now: 0 })).toEqual({ revision: 1 });
    other.exec("rollback");
  });

  test("a write that found the file locked is done once the lock is free, in the order of the calls", async () => {
    const path = await testFile();
    await using backend = sqliteBackend({ path, driver });
    await backend.setup("create");
    const other = await foreign(path);
    other.exec("begin immediate");
    const writes = ["first", "second", "third"].map((value) => backend.write("p", put(value)));
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    other.exec("commit");
    expect(await Promise.all(writes)).toEqual([{ revision: 1 }, { revision: 2 }, { revision: 3 }]);
    const [record] = await backend.read("p", ["a"], 0);
    expect(new TextDecoder().decode(record?.value)).toBe("third");
  });
});
