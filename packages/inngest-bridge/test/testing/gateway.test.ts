import type { Inngest, InngestFunction } from "inngest";
import { describe, expect, test } from "vitest";
import { type Fault, faultAt, type Gateway } from "../../src/testing/index.ts";
import { modes, runOf, startApp } from "./modes.ts";

/** Asks a model, in a step that the server carries out. */
function asker(inngest: Inngest, retries: 0 | 1 | 2 = 2): InngestFunction.Any {
  return inngest.createFunction(
    { id: "fn", triggers: [{ event: "go" }], retries },
    async ({ step }) => {
      const model = step.ai.models.openai({ model: "small", apiKey: "key" });
      const body = { messages: [{ role: "user" as const, content: "how long?" }] };
      const answer = await step.ai
        .infer("ask", { model, body })
        .catch((error: Error) => error.message);
      return typeof answer === "string" ? answer : answer.choices[0]?.message.content;
    },
  );
}

const said = (content: string): Response => Response.json({ choices: [{ message: { content } }] });

describe.each(modes)("with checkpointing $checkpointing", ({ checkpointing }) => {
  test("asks the gateway of the test for an inference, as the model's provider would be asked", async () => {
    const asked: unknown[] = [];
    const gateway: Gateway = async (request) => {
      const key = request.headers.get("authorization");
      asked.push([request.method, request.url, key, await request.json()]);
      return said("very");
    };
    const { server, inngest } = await startApp({ checkpointing, gateway }, (client) => [
      asker(client),
    ]);
    await inngest.send({ name: "go" });
    await server.settle();
    expect(runOf(server)).toMatchObject({ status: "Completed", output: "very" });
    const body = { messages: [{ role: "user", content: "how long?" }], model: "small" };
    const url = "https://api.openai.com/v1/chat/completions";
    expect(asked).toEqual([["POST", url, "Bearer key", body]]);
  });

  test.each<readonly [Fault, number]>([
    ["lose-request", 1],
    ["lose-response", 2],
    ["stop-before", 1],
    ["stop-during", 2],
    ["double", 2],
    [{ double: 1 }, 2],
  ])(
    "asks as often as the fault %o of a gateway says, and comes to the same end",
    async (fault, times) => {
      let asked = 0;
      const { server } = await startApp(
        {
          checkpointing,
          retryDelay: () => 1000,
          gateway: () => said(`answer ${(asked += 1)}`),
          faults: { gateway: faultAt(0, fault) },
        },
        (client) => [asker(client)],
      );
      await server.send({ name: "go" });
      await server.settle({ advance: true });
      expect(asked).toBe(times);
      const isFirst = fault === "double" || times === 1;
      expect(runOf(server)).toMatchObject({
        status: "Completed",
        output: `answer ${isFirst ? 1 : 2}`,
      });
    },
  );

  test("tries an inference again that is answered badly, and hands the last failure to the function", async () => {
    let asked = 0;
    const bad = (): Response =>
      new Response('{"error":"busy"}', { status: 503, headers: { n: String((asked += 1)) } });
    const { server } = await startApp(
      { checkpointing, retryDelay: () => 1000, gateway: bad },
      (client) => [asker(client, 1)],
    );
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(asked).toBe(2);
    expect(runOf(server)).toMatchObject({
      status: "Completed",
      output: "Error making AI request: unsuccessful status code: 503",
    });
  });

  test("keeps a fetch of a function as one step, whatever its status", async () => {
    let asked = 0;
    const { server } = await startApp(
      { checkpointing, gateway: () => new Response(`n${(asked += 1)}`, { status: 404 }) },
      (client) => [
        client.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
          const response = await step.fetch("https://somebody.example/page");
          await step.sleep("nap", "1h");
          return [response.status, await response.text()];
        }),
      ],
    );
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(runOf(server)).toMatchObject({ status: "Completed", output: [404, "n1"] });
  });

  test("lets an event end a wait while the model beside it is still being asked", async () => {
    const gate = Promise.withResolvers<Response>();
    const started = await startApp(
      { checkpointing, clock: "real", gateway: () => gate.promise },
      (client) => [
        client.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
          const model = step.ai.models.openai({ model: "small", apiKey: "key" });
          const [event] = await Promise.all([
            step.waitForEvent("answer", { event: "answer", timeout: "1h" }),
            step.ai.infer("ask", { model, body: { messages: [] } }),
          ]);
          return event?.data["n"] as unknown;
        }),
      ],
    );
    const { server } = started;
    await server.send({ name: "go" });
    await expect.poll(() => server.requests.some(({ ops }) => ops.length === 2)).toBe(true);
    await server.send({ name: "answer", data: { n: 7 } });
    gate.resolve(said("late"));
    await server.settle();
    expect(runOf(server)).toMatchObject({ status: "Completed", output: 7 });
    server.close();
  });
});

test("says that a gateway is missing, in settle and in the run", async () => {
  const { server } = await startApp({ checkpointing: true }, (client) => [asker(client)]);
  await server.send({ name: "go" });
  await expect(server.settle()).rejects.toMatchObject({
    code: "NO_GATEWAY",
    message: expect.stringContaining('The step "ask"'),
  });
  expect(runOf(server).status).toBe("Failed");
});

test("refuses an option of a model's step that is not modelled", async () => {
  const { server } = await startApp(
    { checkpointing: true, gateway: () => said("hello") },
    (client) => [
      client.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
        const model = step.ai.models.openai({ model: "small", apiKey: "key" });
        const asked = { model, body: { messages: [] }, publish: { channel: "c", topic: "t" } };
        return step.ai.infer("ask", asked);
      }),
    ],
  );
  await server.send({ name: "go" });
  await expect(server.settle()).rejects.toMatchObject({
    code: "UNSUPPORTED_OPTION",
    message: expect.stringContaining('"publish"'),
  });
});
