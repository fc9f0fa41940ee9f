import { StorageError } from "@perdure/checkpoint-core";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { describeOn } from "@perdure/engines/vitest";
import { describe, expect, onTestFinished, test } from "vitest";
import { meanings, storageError } from "../src/errors.ts";
import { faultyClient, throttling } from "./faults.ts";
import { client, testTable } from "./tables.ts";

const named = (name: string, more: object = {}): Error =>
  Object.assign(new Error("what the service says"), { name, ...more });

describe("an error of the service", () => {
  test.each([...meanings])("%s", (name, { code }) => {
    const cause = named(name);
    const error = storageError(cause, "table t");
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({
      code,
      retryable: ["CONTENTION", "FULL", "UNAVAILABLE"].includes(code),
      cause,
    });
    const reasons = [{ Code: "None" }, { Code: name }];
    const cancelled = named("TransactionCanceledException", { CancellationReasons: reasons });
    expect(storageError(cancelled, "table t").code).toBe(code);
  });

  test.each([
    [named("SomethingElse"), "BACKEND"],
    ["no error at all", "BACKEND"],
    [named("Error", { code: "ECONNREFUSED" }), "UNAVAILABLE"],
    [named("Unheard", { $metadata: { httpStatusCode: 502 } }), "UNAVAILABLE"],
    [named("Unheard", { $metadata: { httpStatusCode: 400 } }), "BACKEND"],
    [Object.assign(new Error("Region is missing"), { name: "Error" }), "INVALID_ARGUMENT"],
    [
      Object.assign(new Error("Item size has exceeded the maximum allowed size"), {
        name: "ValidationException",
      }),
      "TOO_LARGE",
    ],
    [
      named("TransactionCanceledException", {
        CancellationReasons: [
          { Code: "None" },
          {
            Code: "ValidationError",
            Message: "Item size to update has exceeded the maximum allowed size",
          },
        ],
      }),
      "TOO_LARGE",
    ],
    [
      named("TransactionCanceledException", {
        CancellationReasons: [{ Code: "ValidationError", Message: "Invalid key" }],
      }),
      "BACKEND",
    ],
    [
      named("TransactionCanceledException", {
        CancellationReasons: [{ Code: "ItemCollectionSizeLimitExceeded" }],
      }),
      "FULL",
    ],
  ] as const)("%s is %s", (cause, code) => {
    expect(storageError(cause, "table t")).toMatchObject({ code, cause });
  });

  test("that is ours already is not translated again", () => {
    const error = new StorageError("CONFLICT", "ours");
    expect(storageError(error, "table t")).toBe(error);
  });
});

describeOn("dynamodb", "what goes wrong with a real server", () => {
  test.each([
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
  ])(
    "%s is tried again by the SDK, and then retryable after a delay, with nothing written",
    async (type) => {
      const table = testTable();
      const backend = dynamoBackend({ client, table });
      await backend.setup("create");
      let refusals = 2;
      const line = faultyClient({
        refusal: () => ((refusals -= 1) >= 0 ? throttling(type) : undefined),
      });
      onTestFinished(() => line.destroy());
      const throttled = dynamoBackend({ client: line, table });
      const put = { op: "put", key: "a", value: Buffer.from("1"), expect: "absent" } as const;
      expect(await throttled.write("p", { writes: [put], now: 0 })).toEqual({ revision: 1 });
      refusals = 3;
      await expect(throttled.write("p", { writes: [put], now: 0 })).rejects.toMatchObject({
        code: "UNAVAILABLE",
        retryable: true,
        retryAfterMs: 1000,
        message: expect.stringContaining("asked for more than its capacity"),
      });
      expect(await backend.read("p", ["a"], 0)).toMatchObject([{ revision: 1 }]);
    },
  );

  test("an access that is denied names the action, and where the policy stands", async () => {
    const line = faultyClient({
      refusal: (command) => ({
        status: 400,
        body: {
          __type: "com.amazon.coral.service#AccessDeniedException",
          Message: `User: arn:aws:iam::1:user/u is not authorized to perform: dynamodb:${command}`,
        },
      }),
    });
    onTestFinished(() => line.destroy());
    const backend = dynamoBackend({ client: line, table: "some-table" });
    await expect(backend.read("p", ["a"], 0)).rejects.toMatchObject({
      code: "BACKEND",
      retryable: false,
      message: expect.stringMatching(/not authorized to perform: dynamodb:GetItem.*policy/),
    });
  });

  test("a table that is not there is NOT_FOUND, and says that setup makes it", async () => {
    const backend = dynamoBackend({ client, table: testTable() });
    await expect(backend.read("p", ["a"], 0)).rejects.toMatchObject({
      code: "NOT_FOUND",
      retryable: false,
      message: expect.stringContaining("run `setup`"),
    });
  });

  test("a server that is not there is UNAVAILABLE", async () => {
    await using backend = dynamoBackend({
      table: "some-table",
      region: "eu-central-1",
      endpoint: "http://127.0.0.1:1",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
    await expect(backend.setup("verify")).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
    });
  });
});
