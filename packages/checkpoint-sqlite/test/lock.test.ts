import { setImmediate as nextTurn } from "node:timers/promises";
import { ContentionError } from "@perdure/checkpoint-core";
import { type SqliteClient, sqliteBackend } from "@perdure/checkpoint-sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { openClient } from "../src/open.ts";
import { drivers, testFile } from "./folder.ts";

describe.each(drivers)("a lock that someone else holds, %s", (driver) => {
  const foreign = async (path: string): Promise<SqliteClient> => {
    const client = await openClient(path, driver);
    onTestFinished(() => void client.close());
    return client;
  };
  const put = (value: string) =>
    ({
      writes: [{ op: "put", key: "a", value: Buffer.from(value), expect: "any" }],
      now: 0,
    }) as const;

  test("a write gives up with ContentionError, writes nothing, and the event loop turns meanwhile", async () => {
    const path = await testFile();
    await using backend = sqliteBackend({ path, driver, waitMs: 50 });
    await backend.setup("create");
    await backend.write("p", put("before"));
    const other = await foreign(path);
    other.exec("begin immediate");

    let ended = false;
    const write = backend.write("p", put("while locked")).finally(() => {
      ended = true;
    });
    write.catch(() => undefined);
    let turns = 0;
    for (; !ended; turns += 1) await nextTurn();
    const error: unknown = await write.catch((reason: unknown) => reason);
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
    let ended = false;
    const write = backend.write("p", put("while locked")).finally(() => {
      ended = true;
    });
    write.catch(() => undefined);
    while (!ended) {
      const [record] = await backend.read("p", ["a"], 0);
      expect(record?.revision).toBe(1);
      await nextTurn();
    }
    await expect(write).rejects.toMatchObject({ code: "CONTENTION" });
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
