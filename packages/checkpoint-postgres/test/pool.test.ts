import { isStorageError } from "@perdure/checkpoint-core";
import { postgresBackend, type PostgresPool } from "@perdure/checkpoint-postgres";
import { passage } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { Client } from "pg";
import { expect, inject, onTestFinished, test } from "vitest";
import { asOwner, testPlace, testPool } from "./database.ts";

const append = {
  writes: [{ op: "append", prefix: "x/", value: Uint8Array.of(1) }],
  now: 0,
} as const;
const all = { from: "x/", to: "x0", limit: 1000 };

describeOn("postgres", "a pool of the caller's", () => {
  test("is used as it is, and stays open after the disposal", async () => {
    const { schema } = testPlace();
    const pool = testPool();
    const backend = postgresBackend({ pool, schema });
    await backend.setup("create");
    await backend.write("p", append);
    await backend[Symbol.asyncDispose]();
    await expect(backend.read("p", ["a"], 0)).rejects.toMatchObject({ code: "CLOSED" });
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test("has none of our calls on it any more once the backend is disposed of", async () => {
    const { schema } = testPlace();
    const pool = testPool({ max: 1 });
    const backend = postgresBackend({ pool, schema });
    await backend.setup("create");
    let answered = 0;
    const writes = Array.from({ length: 9 }, async () => {
      await backend.write("p", append);
      answered += 1;
    });
    await backend[Symbol.asyncDispose]();
    expect(answered).toBe(9);
    await Promise.all(writes);
    expect(pool.waitingCount).toBe(0);
  });

  test("may not be a client that nobody has connected, which would keep every call for ever", async () => {
    const { url, schema } = testPlace();
    const client = new Client({ connectionString: url });
    await using backend = postgresBackend({ pool: client, schema });
    await expect(backend.setup("create")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message:
        "The `pool` is a client of node-postgres that was not connected: call its `connect` first.",
    });
    await client.connect();
    onTestFinished(() => client.end());
    await backend.setup("create");
    expect(await backend.write("p", append)).toEqual({ revision: 1 });
  });

  test("that its owner has ended is CLOSED", async () => {
    const { url, schema } = testPlace();
    const { Pool } = await import("pg");
    const pool = new Pool({ connectionString: url });
    await using backend = postgresBackend({ pool, schema });
    await backend.setup("create");
    await pool.end();
    await expect(backend.write("p", append)).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("gets one listener for connections that die idle, however many backends use it", async () => {
    const { schema } = testPlace();
    const pool = testPool({ max: 3 });
    const backends = Array.from({ length: 12 }, () => postgresBackend({ pool, schema }));
    for (const backend of backends) await backend.setup("create");
    expect(pool.listenerCount("error")).toBe(1);
    const heard: unknown[] = [];
    const removed = new Promise((resolve) => pool.once("remove", resolve));
    pool.on("error", (error) => heard.push(error.message));
    const [row] = (await pool.query("select pg_backend_pid() as pid")).rows as { pid: number }[];
    await asOwner("select pg_terminate_backend($1)", [row?.pid]);
    await removed;
    expect(heard).toEqual(["terminating connection due to administrator command"]);
    expect(await backends[0]?.write("p", append)).toEqual({ revision: 1 });
  });

  test("may be a single connection, or anything that has its `query`", async () => {
    const { url, schema } = testPlace();
    const client = new Client({ connectionString: url });
    await client.connect();
    onTestFinished(() => client.end());
    const bare: PostgresPool = { query: (query) => client.query(query) };
    for (const pool of [client, bare]) {
      await using backend = postgresBackend({ pool, schema });
      await backend.setup("create");
      for (let count = 0; count < 3; count += 1) await backend.write("p", append);
    }
    await using backend = postgresBackend({ pool: client, schema });
    expect((await backend.scan("p", all, 0)).records).toHaveLength(6);
  });

  test("may give a connection that somebody has left inside a transaction that failed: UNAVAILABLE once", async () => {
    const { schema } = testPlace();
    const pool = testPool({ max: 1 });
    await using backend = postgresBackend({ pool, schema });
    await backend.setup("create");
    const client = await pool.connect();
    await client.query("begin; select");
    await expect(client.query("select 1 / 0")).rejects.toThrow("division");
    client.release();
    await expect(backend.write("p", append)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await backend.write("p", append)).toEqual({ revision: 1 });
  });

  test("may forget what was prepared, or stand before a schema that was dropped and made again", async () => {
    const { url, schema } = testPlace();
    const pool = testPool({ max: 1 });
    await using backend = postgresBackend({ pool, schema });
    const verbs = async (): Promise<unknown> => {
      const { revision } = await backend.write("p", append);
      await backend.drop("another", 0);
      return [
        revision,
        (await backend.scan("p", all, 0)).records.length,
        await backend.read("p", ["a"], 0),
      ];
    };
    await backend.setup("create");
    // From the sixth time on a plan is kept.
    for (let time = 1; time < 9; time += 1)
      expect(await verbs()).toEqual([time, time, [undefined]]);
    await asOwner(`drop schema "${schema}" cascade`);
    await expect(verbs()).rejects.toMatchObject({ code: "BACKEND" });
    await using other = postgresBackend({ url, schema });
    await other.setup("create");
    expect(await verbs()).toEqual([1, 1, [undefined]]);
    await pool.query("discard all");
    expect(await verbs()).toEqual([2, 2, [undefined]]);
  });

  test.each([{ binary: true }, { pipeline: true }])("may be set to %j", async (settings) => {
    const { schema } = testPlace();
    await using backend = postgresBackend({ pool: testPool({ ...settings, max: 2 }), schema });
    await backend.setup("create");
    const written = await Promise.all([1, 2, 3, 4].map(() => backend.write("p", append)));
    expect(new Set(written.map(({ revision }) => revision))).toEqual(new Set([1, 2, 3, 4]));
    expect((await backend.scan("p", all, 0)).records).toHaveLength(4);
  });

  test("may have parsers and forms of its own for numbers and bytes", async () => {
    const { schema } = testPlace();
    const types = {
      getTypeParser: (oid: number) => (text: string) =>
        oid === 20 || oid === 23
          ? BigInt(text)
          : oid === 17
            ? "bytes of mine"
            : oid === 16
              ? text === "t"
              : text,
    };
    const pool = testPool({ options: "-c bytea_output=escape -c client_min_messages=debug1" });
    const parsing: PostgresPool = { query: (query) => pool.query({ ...query, types } as never) };
    await using backend = postgresBackend({ pool: parsing, schema });
    await backend.setup("create");
    const value = Uint8Array.from({ length: 256 }, (_, index) => index);
    await backend.write("p", {
      writes: [{ op: "put", key: "a", value, expiresAt: 9, expect: "absent" }],
      now: 0,
    });
    expect(await backend.read("p", ["a"], 0)).toEqual([
      { key: "a", value, revision: 1, expiresAt: 9 },
    ]);
  });
});

describeOn("postgres", "connections that are lost", () => {
  test("in the middle of writes are UNAVAILABLE; what was acknowledged is there, and the next calls go through", async () => {
    const { url, schema } = testPlace();
    await using way = await passage(url);
    await using backend = postgresBackend({ url: way.url, schema, max: 8 });
    await backend.setup("create");
    const acknowledged: number[] = [];
    const failures: unknown[] = [];
    const writer = async (): Promise<void> => {
      for (let count = 0; count < 40; count += 1)
        try {
          acknowledged.push((await backend.write("p", append)).revision);
        } catch (error) {
          failures.push(error);
        }
    };
    const cutter = async (): Promise<void> => {
      for (const at of [20, 60, 100, 140]) {
        while (acknowledged.length + failures.length < at)
          await backend.read("p", ["a"], 0).catch(() => undefined);
        if (at % 40 === 20) way.cut();
        else way.swallow();
      }
    };
    await Promise.all([...Array.from({ length: 8 }, writer), cutter()]);
    expect(failures.length).toBeGreaterThan(0);
    for (const error of failures) {
      expect(isStorageError(error)).toBe(true);
      expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    }
    const found = (await backend.scan("p", all, 0)).records.map(({ revision }) => revision);
    expect(new Set(found).size).toBe(found.length);
    expect(acknowledged.filter((revision) => !found.includes(revision))).toEqual([]);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
  });

  test("of an own pool, while it is idle, are not noticed by who calls next", async () => {
    const { url, schema } = testPlace();
    const named = `${url}?application_name=${schema}`;
    await using backend = postgresBackend({ url: named, schema });
    await backend.setup("create");
    await backend.write("p", append);
    const dead = await asOwner(
      "select pg_terminate_backend(pid, 5000) as dead from pg_stat_activity where application_name = $1",
      [schema],
    );
    expect(dead.length).toBeGreaterThan(0);
    // The sockets tell of it in this turn of the event loop, or in the next.
    await asOwner("select 1");
    await expect
      .poll(() =>
        backend.write("p", append).then(
          () => "written",
          (error: Error) => error.message,
        ),
      )
      .toBe("written");
  });

  test("are not, by a disposal: what was called before it is done, also what waits for a connection", async () => {
    const place = testPlace();
    const backend = postgresBackend({ ...place, max: 1 });
    await backend.setup("create");
    const writes = Promise.all(Array.from({ length: 9 }, () => backend.write("p", append)));
    await backend[Symbol.asyncDispose]();
    expect((await writes).map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await expect(backend.write("p", append)).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("are called by the name of this library, unless the URL says another", async () => {
    const { url, schema } = testPlace();
    await using backend = postgresBackend({ url, schema });
    await backend.setup("create");
    expect(
      await asOwner(
        "select 1 as one from pg_stat_activity where application_name = 'perdure' limit 1",
      ),
    ).toEqual([{ one: 1 }]);
    expect(url).toBe(inject("postgresUrl"));
  });
});
