import { AgentResult, type TextMessage } from "@inngest/agent-kit";
import { openStore } from "@perdure/checkpoint-core";
import {
  fromIoRedis,
  RedisCheckpointer,
  redisHistory,
  redisStore,
} from "@perdure/checkpoint-redis";
import { describeOn } from "@perdure/engines/vitest";
import { Redis } from "ioredis";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { keysWith, majors, newPlace } from "./places.ts";

function place(open = majors[0][1]) {
  const client = open(inject("redisUrl"));
  const { keyPrefix, remove } = newPlace(client);
  onTestFinished(async () => {
    await remove();
    client.disconnect();
  });
  return { client, keyPrefix };
}

describeOn("redis", "the three front doors", () => {
  test("a state put in one process is there for a store that is opened later by the URL", async () => {
    const { keyPrefix } = place();
    const url = inject("redisUrl");
    {
      await using store = redisStore({ url, keyPrefix });
      await store.checkpoints.put("t", { messages: ["hello"], at: new Date(0) });
    }
    await using store = redisStore({ url, keyPrefix });
    expect(await store.checkpoints.get("t")).toEqual({ messages: ["hello"], at: new Date(0) });
    expect(await store.checkpoints.get("another")).toBe(null);
  });

  test("openStore takes the server's URL, with a database and a key prefix", async () => {
    const { client, keyPrefix } = place();
    const at = new URL(inject("redisUrl"));
    at.pathname = "/1";
    at.searchParams.set("keyPrefix", keyPrefix);
    {
      await using store = await openStore(at.href);
      await store.checkpoints.put("t", { step: 1 });
    }
    await using store = await openStore(at.href);
    expect(await store.checkpoints.get("t")).toEqual({ step: 1 });
    expect(await keysWith(client, keyPrefix)).toEqual([]);
    const other = new Redis(at.href.replace(/\?.*/, ""));
    const keys = await keysWith(other, keyPrefix);
    expect(keys).toContain(`${keyPrefix}layout`);
    await other.unlink(...keys);
    other.disconnect();
    await expect(openStore("redis://127.0.0.1:1?tls=1")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  describe.each(majors)("%s", (_, open) => {
    test("RedisCheckpointer puts, appends, gets, lists and deletes on a client that stays its owner's", async () => {
      const { client, keyPrefix } = place(open);
      const checkpointer = new RedisCheckpointer({ client: fromIoRedis(client), keyPrefix });
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
      expect(await client.ping()).toBe("PONG");
    });
  });

  test("redisHistory gives an AgentKit network real results back", async () => {
    const { client, keyPrefix } = place();
    const history = redisHistory({ client, keyPrefix }, { AgentResult });
    const context = { state: { data: {} }, threadId: "t" };
    await history.createThread(context);
    const message: TextMessage = { type: "text", role: "assistant", content: "hi" };
    const result = new AgentResult("greeter", [message], [], new Date(0));
    await history.appendResults({ ...context, newResults: [result] });
    const read = await history.get(context);
    expect(read).toHaveLength(1);
    expect(read[0]).toBeInstanceOf(AgentResult);
    expect(read[0]).toMatchObject({ agentName: "greeter", output: [message] });
  });

  test("two prefixes in one server hold two stores", async () => {
    const { client, keyPrefix } = place();
    const stores = ["a:", "b:"].map((end) => redisStore({ client, keyPrefix: keyPrefix + end }));
    for (const [at, store] of stores.entries()) await store.checkpoints.put("t", { at });
    for (const [at, store] of stores.entries())
      expect(await store.checkpoints.get("t")).toEqual({ at });
  });
});
