import { describe, expect, test } from "vitest";
import { TestInngestError } from "../../src/testing/index.ts";
import { runOf, startApp } from "./modes.ts";

describe("refuses what it does not model", () => {
  test.each([
    ["idempotency", { idempotency: "event.data.id" }],
    ["singleton", { singleton: { mode: "skip" } }],
    ["debounce", { debounce: { period: "1m" } }],
    ["throttle", { throttle: { limit: 1, period: "1m" } }],
    ["rateLimit", { rateLimit: { limit: 1, period: "1m" } }],
    ["priority", { priority: { run: "1" } }],
    ["timeouts", { timeouts: { finish: "1m" } }],
    ["batchEvents", { batchEvents: { maxSize: 2, timeout: "1m" } }],
  ] as const)("the option %s", async (_, option) => {
    await expect(
      startApp({ checkpointing: true }, (inngest) => [
        inngest.createFunction(
          { id: "fn", triggers: [{ event: "go" }], ...(option as object) },
          () => null,
        ),
      ]),
    ).rejects.toMatchObject({ name: "TestInngestError", code: "UNSUPPORTED_OPTION" });
  });

  test("more of CEL in a trigger", async () => {
    await expect(
      startApp({ checkpointing: true }, (inngest) => [
        inngest.createFunction(
          { id: "fn", triggers: [{ event: "go", if: "event.data.n > 1" }] },
          () => null,
        ),
      ]),
    ).rejects.toMatchObject({ code: "UNSUPPORTED_EXPRESSION" });
  });

  test("more of CEL in a wait, with an error from settle", async () => {
    const { server } = await startApp({ checkpointing: true }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
        await step.waitForEvent("w", {
          event: "e",
          timeout: "1h",
          if: "async.data.list.exists(x, x == 1)",
        });
      }),
    ]);
    await server.send({ name: "go" });
    await expect(server.settle()).rejects.toMatchObject({ code: "UNSUPPORTED_EXPRESSION" });
    expect(runOf(server).status).toBe("Failed");
  });

  test("operations of a later issue, with an error from settle", async () => {
    const { server } = await startApp({ checkpointing: true }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
        await step.waitForSignal("s", { signal: "x", timeout: "1h", onConflict: "fail" });
      }),
    ]);
    await server.send({ name: "go" });
    await expect(server.settle()).rejects.toMatchObject({ code: "UNSUPPORTED_OPCODE" });
  });

  test.each([
    ["no name", { data: {} }],
    ["a name of the server's", { name: "inngest/function.failed" }],
    ["a long name", { name: "n".repeat(513) }],
    ["data that is a list", { name: "n", data: [] }],
    ["a time that is text", { name: "n", ts: "now" }],
    ["an id that is a number", { name: "n", id: 1 }],
  ])("an event with %s", async (_, event) => {
    const { server } = await startApp({ checkpointing: true }, () => []);
    await expect(server.send(event as never)).rejects.toMatchObject({ code: "BAD_EVENT" });
    expect(server.events()).toEqual([]);
  });

  test("an unknown run, instance or duration", async () => {
    const { server } = await startApp({ checkpointing: true }, () => []);
    expect(() => server.run("nobody")).toThrow(TestInngestError);
    await expect(server.cancel("nobody")).rejects.toMatchObject({ code: "UNKNOWN_RUN" });
    await expect(server.rerun("nobody")).rejects.toMatchObject({ code: "UNKNOWN_RUN" });
    await expect(server.advance("soon")).rejects.toMatchObject({ code: "BAD_DURATION" });
    expect(() => server.stop("nobody")).toThrow(
      expect.objectContaining({ code: "UNKNOWN_INSTANCE" }),
    );
  });
});

test("says so when the app never answers, as with a step inside a step", async () => {
  const { server } = await startApp({ checkpointing: true, stuckAfterMs: 20 }, (inngest) => [
    inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
      await step.run("outer", async () => await step.run("inner", () => 1));
    }),
  ]);
  await server.send({ name: "go" });
  await expect(server.settle()).rejects.toMatchObject({ code: "STUCK" });
});
