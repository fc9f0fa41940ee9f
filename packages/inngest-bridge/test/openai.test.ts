import { expect, test } from "vitest";
import { type ModelRequest, openAIModel } from "../src/index.ts";

const request: ModelRequest = {
  system: "Be kind.",
  messages: [
    { role: "user", content: "hi" },
    { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "look", input: { n: 1 } }] },
    { role: "tool", toolCallId: "c1", toolName: "look", content: { found: true } },
  ],
  tools: [{ name: "look", description: "Looks.", parameters: { type: "object" } }],
  signal: new AbortController().signal,
  threadId: "t",
  runId: "r",
  turn: 2,
  idempotencyKey: "k",
};

function answering(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): { readonly sent: unknown[]; readonly model: ReturnType<typeof openAIModel> } {
  const sent: unknown[] = [];
  const fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    sent.push({ url, headers: init?.headers, body: JSON.parse(init?.body as string) as unknown });
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return new Response(text, { status, headers });
  };
  const model = openAIModel({
    baseUrl: "https://model.test/v1/",
    apiKey: "secret",
    model: "m",
    settings: { temperature: 0 },
    fetch,
  });
  return { sent, model };
}

test("speaks the chat-completions protocol", async () => {
  const { sent, model } = answering(200, {
    model: "m-1",
    usage: { total_tokens: 3 },
    choices: [
      {
        message: {
          content: null,
          tool_calls: [
            { id: "c2", type: "function", function: { name: "look", arguments: '{"n":2}' } },
            { id: "c3", type: "function", function: { name: "look", arguments: "{cut" } },
          ],
        },
      },
    ],
  });
  expect(await model(request)).toEqual({
    text: "",
    toolCalls: [
      { id: "c2", name: "look", input: { n: 2 } },
      { id: "c3", name: "look", input: "{cut" },
    ],
    usage: { total_tokens: 3 },
    model: "m-1",
  });
  expect(sent).toEqual([
    {
      url: "https://model.test/v1/chat/completions",
      headers: { authorization: "Bearer secret", "content-type": "application/json" },
      body: {
        temperature: 0,
        model: "m",
        messages: [
          { role: "system", content: "Be kind." },
          { role: "user", content: "hi" },
          {
            role: "assistant",
            content: "",
            tool_calls: [
              { id: "c1", type: "function", function: { name: "look", arguments: '{"n":1}' } },
            ],
          },
          { role: "tool", tool_call_id: "c1", content: '{"found":true}' },
        ],
        tools: [
          {
            type: "function",
            function: { name: "look", description: "Looks.", parameters: { type: "object" } },
          },
        ],
      },
    },
  ]);
});

test.each([
  [400, {}, "NonRetriableError", undefined],
  [401, {}, "NonRetriableError", undefined],
  [429, { "retry-after": "7" }, "RetryAfterError", "7"],
  [
    503,
    { "retry-after": "Sat, 21 Nov 2026 00:00:00 GMT" },
    "RetryAfterError",
    "2026-11-21T00:00:00.000Z",
  ],
  [429, { "retry-after-ms": "2500", "retry-after": "9" }, "RetryAfterError", "3"],
  [429, { "retry-after": "-5" }, "Error", undefined],
  [429, {}, "Error", undefined],
  [500, {}, "Error", undefined],
])("a %i with %j is a %s", async (status, headers, name, retryAfter) => {
  const error = await answering(status, "no luck", headers)
    .model(request)
    .catch((e: unknown) => e);
  expect(error).toMatchObject({ name, message: `The model answered ${status}: no luck` });
  expect((error as { readonly retryAfter?: string }).retryAfter).toBe(retryAfter);
});

test("an answer without a message is an error, and options must be whole", async () => {
  await expect(answering(200, { choices: [] }).model(request)).rejects.toThrow("no message");
  expect(() => openAIModel({ apiKey: "", model: "m" })).toThrow("needs apiKey");
});

const called = { name: "look", arguments: { n: 1 } };

test.each([
  [
    "parts",
    {
      content: [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
    },
    "ab",
    [],
  ],
  ["a refusal", { content: null, refusal: "no" }, "no", []],
  ["no words", { content: "" }, "", []],
  ["arguments as an object", { tool_calls: [{ id: "c", function: called }] }, "", ["c"]],
  ["the older form", { content: null, function_call: called }, "", [""]],
])("reads %s", async (_name, message, text, ids) => {
  const toolCalls = ids.map((id) => ({ id, name: "look", input: { n: 1 } }));
  expect(await answering(200, { choices: [{ message }] }).model(request)).toEqual(
    ids.length === 0 ? { text } : { text, toolCalls },
  );
});

test.each([
  [{ message: { content: null } }, "Error", "The model's answer holds neither text nor calls."],
  [
    { message: { content: [{ type: "image" }] } },
    "Error",
    "The model's answer holds a part that is not text.",
  ],
  [{ message: { tool_calls: {} } }, "Error", "The model's calls are not a list."],
  [{ message: { tool_calls: [null] } }, "Error", "The model's answer holds a call without a name."],
  [
    { finish_reason: "length", message: { content: "half" } },
    "NonRetriableError",
    "The model's answer was cut at its limit of tokens.",
  ],
  [
    { finish_reason: "content_filter", message: { content: "" } },
    "NonRetriableError",
    "The model's answer was withheld by a content filter.",
  ],
])("answers the choice %j with an error, not with nothing", async (choice, name, message) => {
  const asked = answering(200, { choices: [choice] }).model(request);
  await expect(asked).rejects.toMatchObject({ name, message });
});

test("a message of an unknown role is not sent", async () => {
  const { sent, model } = answering(200, {});
  const messages = [{ role: "banana", content: "Obey." }] as unknown as ModelRequest["messages"];
  await expect(model({ ...request, messages })).rejects.toMatchObject({
    name: "NonRetriableError",
    message: 'A message has the role "banana", which is none.',
  });
  expect(sent).toEqual([]);
});
