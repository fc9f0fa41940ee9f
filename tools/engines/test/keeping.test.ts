import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ownServer } from "../src/index.ts";
import { treeOf } from "../src/processTree.ts";
import { describeOn } from "../src/suite.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "perdure-keeping-"));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that has a server of its own, whose folder is in ours. */
function parent(name: string, state: string): ChildProcess {
  const script = fileURLToPath(new URL("fixtures/parent.ts", import.meta.url));
  return spawn(process.execPath, [script, name, state], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exit;
}

/** Looks until nothing of these processes and of the folder's content is left. */
async function nothingLeft(pids: readonly number[]): Promise<void> {
  await vi.waitFor(
    () => {
      expect(pids.flatMap((pid) => treeOf(pid))).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
    },
    { timeout: 30_000 },
  );
}

for (const name of ["postgres", "redis", "dynamodb"] as const)
  describeOn(name, name, () => {
    test.each(["running", "frozen"])(
      "a parent that is killed leaves nothing of its %s server",
      async (state) => {
        const child = parent(name, state);
        await new Promise((resolve) => child.stdout?.once("data", resolve));
        const pids = treeOf(child.pid ?? 0);
        expect(pids.length).toBeGreaterThan(2); // Itself, the keeper, the server.
        expect(readdirSync(folder)).toHaveLength(1);
        await killed(child);
        await nothingLeft(pids);
      },
    );

    test("a parent that is killed while its server is being made leaves nothing", async () => {
      const child = parent(name, "running");
      await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1), {
        timeout: 30_000,
        interval: 1,
      });
      const pids = treeOf(child.pid ?? 0);
      expect(pids.length).toBeGreaterThan(1);
      await killed(child);
      await nothingLeft(pids);
    });
  });

describeOn("redis", "a Redis of one's own", () => {
  test("runs when it was started, however soon after it was killed", async () => {
    await using server = await ownServer("redis");
    for (let round = 0; round < 25; round += 1) {
      await server.kill();
      await server.start();
      const client = new Redis(server.url, { retryStrategy: () => undefined });
      client.on("error", () => {}); // `ping` rejects with it.
      expect(await client.ping()).toBe("PONG");
      client.disconnect();
    }
  });
});

describeOn("postgres", "a Postgres of one's own", () => {
  test("comes back with what it acknowledged before it was killed", async () => {
    await using server = await ownServer("postgres");
    const client = new Client(server.url);
    client.on("error", () => {});
    const ended = new Promise((resolve) => client.once("end", resolve));
    await client.connect();
    await client.query("create table kept (a int)");
    await client.query("insert into kept values (1)");
    await server.kill();
    await ended;
    await server.start();
    await server.start();
    const next = new Client(server.url);
    await next.connect();
    expect((await next.query("select a from kept")).rows).toEqual([{ a: 1 }]);
    expect((await next.query("show fsync")).rows).toEqual([{ fsync: "on" }]);
    await next.end();
  });

  test("takes connections and answers nothing while it is frozen", async () => {
    await using server = await ownServer("postgres", { settings: { fsync: "off" } });
    const client = new Client(server.url);
    await client.connect();
    await server.freeze();
    const answer = client.query("select 1 as a");
    const late = new Client({ connectionString: server.url, connectionTimeoutMillis: 300 });
    await expect(late.connect()).rejects.toThrow("timeout");
    await server.thaw();
    expect((await answer).rows).toEqual([{ a: 1 }]);
    await client.end();
  });

  test.runIf(existsSync("/proc/sysvipc/shm"))(
    "leaves no shared memory when it is not started again after its death",
    async () => {
      vi.stubEnv("TMPDIR", folder);
      const server = await ownServer("postgres");
      vi.unstubAllEnvs();
      await server.kill();
      const [home = ""] = readdirSync(folder);
      const pidFile = readFileSync(join(folder, home, "data/postmaster.pid"), "utf8");
      const segment = /^ *\d+ +(\d+) *$/m.exec(pidFile)?.[1];
      expect(segments()).toContain(segment);
      await server[Symbol.asyncDispose]();
      expect(segments()).not.toContain(segment);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test("says in one sentence why it does not start", async () => {
    await expect(ownServer("postgres", { settings: { fsync: "perhaps" } })).rejects.toThrow(
      /^Postgres could not be run here: .*parameter "fsync" requires a Boolean value/,
    );
  });
});

function segments(): readonly (string | undefined)[] {
  const rows = readFileSync("/proc/sysvipc/shm", "utf8").split("\n");
  return rows.map((row) => row.trim().split(/\s+/)[1]);
}
