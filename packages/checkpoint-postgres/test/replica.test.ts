import { type Backend, isStorageError } from "@perdure/checkpoint-core";
import { postgresBackend } from "@perdure/checkpoint-postgres";
import { ownServer } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { Client } from "pg";
import { expect, test } from "vitest";

const append = {
  writes: [{ op: "append", prefix: "m/", value: Uint8Array.of(1) }],
  now: 0,
} as const;

/** The answers of all that can be asked, by name. */
async function answersOf(backend: Backend): Promise<Readonly<Record<string, string>>> {
  const asked = {
    create: () => backend.setup("create"),
    verify: () => backend.setup("verify"),
    read: () => backend.read("p", ["a"], 0),
    scan: () => backend.scan("p", { from: "m/", to: "m0", limit: 9 }, 0),
    scanDown: () => backend.scan("p", { from: "m/", to: "m0", limit: 9, reverse: true }, 0),
    write: () => backend.write("p", append),
    drop: () => backend.drop("p", 0),
  };
  const answers: Record<string, string> = {};
  for (const [name, ask] of Object.entries(asked))
    answers[name] = await ask().then(
      () => "answered",
      (error: unknown) =>
        isStorageError(error) && error.message.includes("connect to the primary")
          ? error.code
          : String(error),
    );
  return answers;
}

describeOn("postgres", "a server that has become a replica", () => {
  test("answers nothing, and what it held is there once it is the primary again", async () => {
    await using server = await ownServer("postgres");
    await using backend = postgresBackend({ url: server.url });
    await backend.setup("create");
    await backend.write("p", append);
    await onServer(server.url, async (client) => {
      const { rows } = await client.query("show data_directory");
      const [{ data_directory: folder }] = rows as [{ data_directory: string }];
      await client.query(`copy (select where false) to '${folder}/standby.signal'`);
    });
    await server.kill();
    await server.start();
    await expect.poll(() => backend.read("p", ["a"], 0).catch(codeOf)).toBe("BACKEND");
    const refused = "BACKEND";
    expect(await answersOf(backend)).toEqual({
      create: refused,
      verify: refused,
      read: refused,
      scan: refused,
      scanDown: refused,
      write: refused,
      drop: refused,
    });
    await onServer(server.url, (client) => client.query("select pg_promote()"));
    expect(await backend.write("p", append)).toEqual({ revision: 2 });
    const { records } = await backend.scan("p", { from: "m/", to: "m0", limit: 9 }, 0);
    expect(records.map(({ revision }) => revision)).toEqual([1, 2]);
  });
});

function codeOf(error: unknown): unknown {
  return isStorageError(error) ? error.code : error;
}

async function onServer(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await work(client);
  await client.end();
}
