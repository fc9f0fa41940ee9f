import { createTestInngest, type TestInngest } from "@perdure/inngest-bridge/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createInngestAgent } from "../../src/mastra/inngest.ts";
import type * as Example from "./fixtures/quickStart.ts";

type Handler = (context: { readonly req: { readonly raw: Request } }) => Promise<Response>;

/** What OpenAI answers to the one question, piece by piece. */
const item = { type: "message", id: "m1", role: "assistant", status: "completed" };
const usage = { input_tokens: 11, output_tokens: 3, total_tokens: 14 };
const ANSWER = [
  { type: "response.created", response: { id: "r1", created_at: 0, model: "gpt-5.5" } },
  { type: "response.output_item.added", output_index: 0, item: { ...item, content: [] } },
  { type: "response.output_text.delta", item_id: "m1", output_index: 0, delta: "Good " },
  { type: "response.output_text.delta", item_id: "m1", output_index: 0, delta: "day!" },
  { type: "response.output_item.done", output_index: 0, item: { ...item, content: [] } },
  { type: "response.completed", response: { id: "r1", usage } },
];

let server: TestInngest;
let example: typeof Example;
const asked: unknown[] = [];

/** The example in a world where OpenAI and Inngest are in this process. */
beforeAll(async () => {
  server = createTestInngest();
  vi.stubEnv("INNGEST_DEV", server.baseUrl);
  vi.stubEnv("OPENAI_API_KEY", "none");
  vi.stubGlobal("fetch", async (input: string | URL | Request, init?: RequestInit) => {
    const { hostname } = new URL(input instanceof Request ? input.url : input);
    if (hostname !== "api.openai.com") return server.fetch(input, init);
    asked.push(JSON.parse(init?.body as string));
    const events = ANSWER.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
    return new Response(events, { headers: { "content-type": "text/event-stream" } });
  });
  example = await import("./fixtures/quickStart.ts");
  const { mastra } = example;
  const [route] = mastra.getServer()?.apiRoutes ?? [];
  if (!route || !("createHandler" in route)) throw new Error("The example has no route.");
  const handler = (await route.createHandler({ mastra })) as unknown as Handler;
  await server.register({ handler: async (raw) => handler({ req: { raw } }) });
});

afterAll(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

test("the usage example of Mastra's createInngestAgent runs with only its import changed", async () => {
  const { durableAgent, mastra } = example;
  const chunks: string[] = [];
  const finished: unknown[] = [];
  const { output, runId, cleanup } = await durableAgent.stream("Hello!", {
    onChunk: ({ event }) => void chunks.push(event),
    onFinish: (result) => void finished.push(result),
  });
  await server.settle({ advance: true });
  expect(await output.text).toBe("Good day!");
  cleanup();
  expect(asked).toMatchObject([
    {
      model: "gpt-5.5",
      input: [
        { role: "developer", content: "You are a helpful assistant" },
        { role: "user", content: [{ type: "input_text", text: "Hello!" }] },
      ],
    },
  ]);
  expect(chunks).toContain("text.delta");
  expect(finished).toMatchObject([{ status: "completed" }]);
  const { output: again } = await durableAgent.observe(runId, { offset: 0 });
  expect(await again.text).toBe("Good day!");
  expect(asked).toHaveLength(1);
  expect(mastra.getAgent("myAgent")).toBe(durableAgent);
  expect(await mastra.getAgent("myAgent").getInstructions()).toBe("You are a helpful assistant");
});

test("the other calls of Mastra's page have their places, and what has none is refused by name", async () => {
  const { durableAgent } = example;
  const { runId, messageId, workflowInput, threadId } = await durableAgent.prepare("Summarize", {
    memory: { threadId: "thread-1" },
  });
  expect(workflowInput).toMatchObject({ threadId: "thread-1", runId });
  expect([threadId, typeof messageId]).toEqual(["thread-1", "string"]);
  const refused = async (options: object): Promise<unknown> =>
    durableAgent.stream("Hello!", options).catch((error: unknown) => error);
  for (const name of ["includeRawChunks", "maxProcessorRetries", "untilIdle", "toolsets"])
    expect(await refused({ [name]: true })).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`"${name}"`),
    });
  expect(await refused({ memory: { threadId: "t", resourceId: "u" } })).toMatchObject({
    message: expect.stringContaining("resourceId"),
  });
  expect(asked).toHaveLength(1);
});

test("an agent that is none is refused", () => {
  const inngest = createTestInngest().client({ id: "app" });
  expect(() => createInngestAgent({ inngest } as never)).toThrow("needs agent");
});
