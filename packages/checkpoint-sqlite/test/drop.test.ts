import { keyAt } from "@perdure/checkpoint-core";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { describe, expect, test } from "vitest";
import { openClient } from "../src/open.ts";
import { DROP_RECORDS } from "../src/write.ts";
import { drivers, testFile } from "./folder.ts";

describe.each(drivers)("a drop of a large partition, %s", (driver) => {
  const RECORDS = 2 * DROP_RECORDS + 1;
  const large = {
    writes: Array.from({ length: RECORDS }, () => ({
      op: "append" as const,
      prefix: "m/",
      value: new Uint8Array(1),
    })),
    now: 0,
  };
  const prepared = async () => {
    const client = await openClient(await testFile(), driver);
    const backend = sqliteBackend({ database: client });
    await backend.setup("create");
    const stored = (): unknown =>
      Object.values(client.prepare("select count(*) from perdure_record").get() as object)[0];
    return { client, backend, stored };
  };

  test("leaves no row behind, and other partitions as they were", async () => {
    const { client, backend, stored } = await prepared();
    await backend.write("p", large);
    await backend.write("q", large);
    await backend.drop("p", 0);
    expect(stored()).toBe(RECORDS);
    await backend.drop("q", 0);
    expect(stored()).toBe(0);
    client.close();
  });

  test("that was cut short after its tombstone hides everything, and is finished by the next drop", async () => {
    const { client, backend, stored } = await prepared();
    await backend.write("p", large);
    client.exec("update perdure_partition set dropped = 1");
    expect(await backend.scan("p", { from: "m/", to: "m0", limit: 10 }, 0)).toEqual({
      records: [],
    });
    const keys = [keyAt("m/", 1, 0), keyAt("m/", 1, 1)];
    expect(await backend.read("p", keys, 0)).toEqual([undefined, undefined]);
    await backend.drop("p", 0);
    expect(stored()).toBe(0);
    client.close();
  });

  test("that was cut short brings nothing back when the partition is revived", async () => {
    const { client, backend, stored } = await prepared();
    await backend.write("p", large);
    client.exec("update perdure_partition set dropped = 1");
    const put = { op: "put", key: "a", value: new Uint8Array(1), expect: "any" } as const;
    expect(await backend.write("p", { writes: [put], now: 0, revive: true })).toEqual({
      revision: 2,
    });
    expect(stored()).toBe(1);
    client.close();
  });

  test("deletes nothing of a partition that was revived while its rows were being deleted", async () => {
    const { client, backend } = await prepared();
    await backend.write("p", large);
    const put = { op: "put", key: "a", value: new Uint8Array(1), expect: "any" } as const;
    const [, revived] = await Promise.all([
      backend.drop("p", 0),
      backend.write("p", { writes: [put], now: 0, revive: true }),
    ]);
    expect(revived).toEqual({ revision: 2 });
    const [record] = await backend.read("p", ["a"], 0);
    expect(record?.revision).toBe(2);
    client.close();
  });
});
