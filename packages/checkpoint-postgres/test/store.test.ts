import { AgentResult, type TextMessage } from "@inngest/agent-kit";
import { openStore } from "@perdure/checkpoint-core";
import { PostgresCheckpointer, postgresHistory, postgresStore } from "@perdure/checkpoint-postgres";
import { describeOn } from "@perdure/engines/vitest";
import { expect, test } from "vitest";
import { asOwner, testPlace, testPool } from "./database.ts";

describeOn("postgres", "the three front doors", () => {
  test("a state put in one process is there for a store that is opened later", async () => {
    const { url, schema } = testPlace();
    {
      await using store = postgresStore({ url, schema });
      await store.checkpoints.put("t", { messages: ["hello"], at: new Date(0) });
    }
    await using store = postgresStore({ url, schema });
    expect(await store.checkpoints.get("t")).toEqual({ messages: ["hello"], at: new Date(0) });
    expect(await store.checkpoints.get("another")).toBe(null);
  });

  test("openStore takes the URL, with the schema in it", async () => {
    const { url, schema } = testPlace();
    {
      await using written = postgresStore({ url, schema, tablePrefix: "t_" });
      await written.checkpoints.put("t", { step: 1 });
    }
    for (const scheme of ["postgres:", "postgresql:"]) {
      const named = `${url.replace(/^\w+:/, scheme)}?schema=${schema}&tablePrefix=t_`;
      await using store = await openStore(named);
      expect(await store.checkpoints.get("t")).toEqual({ step: 1 });
    }
  });

  test("nothing is asked of the server before the first use, and setup says that it cannot be reached", async () => {
    await using nowhere = await openStore("postgres://127.0.0.1:1/nowhere");
    await expect(nowhere.setup()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const { url, schema } = testPlace();
    await using store = postgresStore({ url, schema });
    const there = () => asOwner("select from pg_namespace where nspname = $1", [schema]);
    expect(await there()).toEqual([]);
    await store.setup();
    expect(await there()).toHaveLength(1);
  });

  test("PostgresCheckpointer puts, appends, gets, lists and deletes on a pool that stays its owner's", async () => {
    const { schema } = testPlace();
    const pool = testPool();
    const checkpointer = new PostgresCheckpointer({ pool, schema });
    const first = await checkpointer.put("t", { version: 2, messages: ["a"] });
    const second = await checkpointer.append("t", {
      parentId: first,
      changes: [{ path: ["messages"], append: ["b"] }],
    });
    expect(await checkpointer.get("t")).toEqual({ version: 2, messages: ["a", "b"] });
    expect(await checkpointer.get("t", first)).toEqual({ version: 2, messages: ["a"] });
    expect((await checkpointer.list("t")).map(({ id }) => id)).toEqual([second, first]);
    await checkpointer.delete("t");
    expect(await checkpointer.get("t")).toBe(null);
    await checkpointer[Symbol.asyncDispose]();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test("postgresHistory gives an AgentKit network real results back", async () => {
    const { url, schema } = testPlace();
    await using history = postgresHistory({ url, schema }, { AgentResult });
    const context = { state: { data: {} }, threadId: "t" };
    await history.createThread(context);
    const message: TextMessage = { type: "text", role: "assistant", content: "hi" };
    const result = new AgentResult("greeter", [message], [], new Date(0));
    await history.appendResults({ ...context, newResults: [result] });
    const read = await history.get(context);
    expect(read).toHaveLength(1);
    expect(read[0]).toBeInstanceOf(AgentResult);
    expect(read[0]).toMatchObject({
      agentName: "greeter",
      output: [message],
      createdAt: new Date(0),
    });
  });

  test("a value of bytes, and one that stands in pieces, come back from pages that end by their bytes", async () => {
    const { url, schema } = testPlace();
    await using store = postgresStore({ url, schema, compress: false });
    const bytes = new Uint8Array(Buffer.alloc(17_000_000, "not as long as a page\0\xff"));
    await store.checkpoints.put("t", { bytes });
    await using again = postgresStore({ url, schema });
    const found = (await again.checkpoints.get("t")) as { bytes: Uint8Array };
    expect(Buffer.compare(found.bytes, bytes)).toBe(0);
  });
});
