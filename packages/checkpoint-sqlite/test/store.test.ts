import { AgentResult, type TextMessage } from "@inngest/agent-kit";
import { openStore } from "@perdure/checkpoint-core";
import { SqliteCheckpointer, sqliteHistory, sqliteStore } from "@perdure/checkpoint-sqlite";
import { describe, expect, test } from "vitest";
import { openClient } from "../src/open.ts";
import { drivers, testFile } from "./folder.ts";

describe.each(drivers)("the three front doors, %s", (driver) => {
  test("a state put in one process is there for a store that is opened later on the same file", async () => {
    const path = await testFile();
    {
      await using store = sqliteStore({ path, driver });
      await store.checkpoints.put("t", { messages: ["hello"], at: new Date(0) });
    }
    await using store = sqliteStore({ path, driver });
    expect(await store.checkpoints.get("t")).toEqual({ messages: ["hello"], at: new Date(0) });
    expect(await store.checkpoints.get("another")).toBe(null);
  });

  test("openStore takes the file's URL", async () => {
    const path = await testFile();
    {
      await using written = sqliteStore({ path, driver });
      await written.checkpoints.put("t", { step: 1 });
    }
    for (const url of [`file:${path}`, `file://${path}`]) {
      await using store = await openStore(url);
      expect(await store.checkpoints.get("t")).toEqual({ step: 1 });
    }
  });

  test("SqliteCheckpointer puts, appends, gets, lists and deletes on a connection that stays its owner's", async () => {
    const database = await openClient(await testFile(), driver);
    const checkpointer = new SqliteCheckpointer({ database });
    const first = await checkpointer.put("t", { version: 2, messages: ["a"] });
    const second = await checkpointer.append("t", {
      parentId: first,
      changes: [{ path: ["messages"], append: ["b"] }],
    });
    expect(await checkpointer.get("t")).toEqual({ version: 2, messages: ["a", "b"] });
    expect(await checkpointer.get("t", first)).toEqual({ version: 2, messages: ["a"] });
    expect((await checkpointer.record("t"))?.parentId).toBe(first);
    expect(
      (await checkpointer.list("t")).map(({ id, agentSnapshotVersion }) => [
        id,
        agentSnapshotVersion,
      ]),
    ).toEqual([
      [second, 2],
      [first, 2],
    ]);
    await checkpointer.delete("t", second);
    await checkpointer.delete("t");
    expect(await checkpointer.get("t")).toBe(null);
    await checkpointer[Symbol.asyncDispose]();
    expect(database.prepare("select 1 as one").get()).toEqual({ one: 1 });
    database.close();
  });

  test("sqliteHistory gives an AgentKit network real results back", async () => {
    const path = await testFile();
    const history = sqliteHistory({ path, driver }, { AgentResult });
    const context = { state: { data: {} }, threadId: "t" };
    const { threadId } = await history.createThread(context);
    const message: TextMessage = { type: "text", role: "assistant", content: "hi" };
    const result = new AgentResult("greeter", [message], [], new Date(0));
    await history.appendResults({ ...context, newResults: [result] });
    const read = await history.get(context);
    expect(threadId).toBe("t");
    expect(read).toHaveLength(1);
    expect(read[0]).toBeInstanceOf(AgentResult);
    expect(read[0]).toMatchObject({
      agentName: "greeter",
      output: [message],
      createdAt: new Date(0),
    });
  });

  test("a `database` or a `path` that is undefined counts as not given", async () => {
    const path = await testFile();
    const options = { path, driver, database: undefined } as { readonly path: string };
    await using store = sqliteStore(options);
    await store.checkpoints.put("t", { n: 1 });
    await using again = sqliteStore({ path: undefined, url: `file:${path}`, driver });
    expect(await again.checkpoints.get("t")).toEqual({ n: 1 });
  });

  test.each([
    {},
    { path: "" },
    { path: 5 },
    { path: "/tmp/a\0b" },
    { path: undefined, database: undefined },
    { url: "sqlite:x" },
    { url: "file:" },
    { url: "file://host/x.db" },
    { url: "file:///tmp/a%00b" },
    { url: "file:///tmp/a%2Fb" },
    { database: null },
    { database: {} },
    { path: ":memory:", driver: "bogus" },
    { path: ":memory:", durability: "bogus" },
    { path: ":memory:", waitMs: Number.NaN },
    { path: ":memory:", waitMs: Number.POSITIVE_INFINITY },
    { path: ":memory:", waitMs: -1 },
    { path: ":memory:", waitMs: "5" },
  ])("refuses %j, which names no file or no way to use it", (options) => {
    expect(() => sqliteStore(options as unknown as { path: string })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });
});
