import { AgentResult } from "@inngest/agent-kit";
import { openStore } from "@perdure/checkpoint-core";
import {
  DynamoCheckpointer,
  dynamoBackend,
  dynamoHistory,
  dynamoStore,
} from "@perdure/checkpoint-dynamodb";
import { describeOn } from "@perdure/engines/vitest";
import { afterEach, describe, expect, test, vi } from "vitest";
import { client, config, newClient, testTable } from "./tables.ts";

afterEach(() => vi.unstubAllEnvs());

describe("options that cannot be", () => {
  const table = "some-table";
  test.each([
    [{}, /`table` is the name/],
    [{ table: "ab" }, /`table` is the name/],
    [{ table: "no spaces" }, /`table` is the name/],
    [{ table, client: {} }, /no `send`/],
    [{ table, client, region: "eu-central-1" }, /`region` belongs to the client/],
    [{ table, region: "" }, /`region` is the name/],
    [{ table, endpoint: "127.0.0.1:8000" }, /`endpoint` is the address/],
    [{ table, waitMs: -1 }, /`waitMs`/],
    [{ table, tabel: 1 }, /no option `tabel`/],
    [{ url: "dynamodb://some-table", table }, /one place/],
    [{ url: "postgres://some-table" }, /dynamodb:\/\/table/],
    [{ url: "dynamodb://" }, /`table` is the name/],
    [{ url: "dynamodb://a:b@some-table" }, /no credentials/],
    [{ url: "dynamodb://some-table/other" }, /nothing behind it/],
    [{ url: "dynamodb://some-table?regoin=x" }, /not `regoin`/],
    [{ url: "dynamodb://some-table?region=x&region=y" }, /at most once/],
    [{ url: "dynamodb://some-table?endpoint=nowhere" }, /`endpoint` is the address/],
  ])("%j", (options, message) => {
    expect(() => dynamoBackend(options as never)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(message),
      }),
    );
  });
});

describe("what the SDK cannot find", () => {
  test("a region is asked for", async () => {
    for (const name of ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"])
      vi.stubEnv(name, undefined);
    vi.stubEnv("AWS_CONFIG_FILE", "/nowhere");
    await using backend = dynamoBackend({ table: "some-table", credentials: config.credentials });
    await expect(backend.setup("verify")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("give `region`, or set AWS_REGION"),
    });
  });

  test("credentials are asked for", async () => {
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"])
      vi.stubEnv(name, undefined);
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    vi.stubEnv("AWS_CONFIG_FILE", "/nowhere");
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere");
    await using backend = dynamoBackend({ table: "some-table", region: "eu-central-1" });
    await expect(backend.setup("verify")).rejects.toMatchObject({
      code: "BACKEND",
      retryable: false,
      message: expect.stringContaining("give `credentials`"),
    });
  });
});

describeOn("dynamodb", "the doors", () => {
  test("openStore opens a table by its URL, with credentials of the environment", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", config.credentials.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", config.credentials.secretAccessKey);
    const table = testTable();
    const query = new URLSearchParams({ region: config.region, endpoint: config.endpoint });
    const url = `dynamodb://${table}?${query.toString()}`;
    const store = await openStore(url);
    const id = await store.checkpoints.put("t", { step: 1 });
    await store[Symbol.asyncDispose]();
    const again = dynamoStore({ url });
    expect(await again.checkpoints.record("t")).toMatchObject({ id });
    await again[Symbol.asyncDispose]();
    await expect(again.checkpoints.get("t")).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("a client that was passed in stays open, one that was made here is closed", async () => {
    const own = newClient();
    const table = testTable();
    const one = dynamoStore({ client: own, table });
    await one.checkpoints.put("t", { step: 1 });
    await one[Symbol.asyncDispose]();
    const other = dynamoStore({ client: own, table });
    expect(await other.checkpoints.get("t")).toEqual({ step: 1 });
    own.destroy();
  });

  test("a disposal lets the calls under way end", async () => {
    const backend = dynamoBackend({ ...config, table: testTable() });
    await backend.setup("create");
    const writes = Array.from({ length: 20 }, () =>
      backend.write("p", {
        writes: [{ op: "append", prefix: "m/", value: Buffer.alloc(10) }],
        now: 0,
      }),
    );
    await backend[Symbol.asyncDispose]();
    expect((await Promise.all(writes)).at(-1)).toEqual({ revision: 20 });
    await expect(backend.read("p", ["m/"], 0)).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("DynamoCheckpointer and dynamoHistory open a store of their own", async () => {
    const table = testTable();
    const checkpointer = new DynamoCheckpointer({ ...config, table });
    const id = await checkpointer.put("t", { step: 1 });
    expect(await checkpointer.get("t", id)).toEqual({ step: 1 });
    await checkpointer[Symbol.asyncDispose]();
    const history = dynamoHistory({ ...config, table }, { AgentResult });
    const context = { state: { data: {} }, threadId: "t" };
    await history.appendResults({
      ...context,
      newResults: [new AgentResult("greeter", [], [], new Date(0))],
    });
    expect(await history.get(context)).toMatchObject([{ agentName: "greeter" }]);
    await history[Symbol.asyncDispose]();
  });
});
