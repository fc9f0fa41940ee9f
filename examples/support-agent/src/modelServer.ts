// A process of its own: speaks the chat-completions protocol of OpenAI with scripted answers, and logs each call that it answered. With OPENAI_API_KEY in the
// environment it asks the real one (OPENAI_BASE_URL) instead, and logs the same.
// usage: modelServer.ts <port> <log file>
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { lineLog } from "./lineLog.ts";

/** One call that the model answered. */
export interface ModelCall {
  readonly messages: number;
  readonly answered: string;
}

interface ChatMessage {
  readonly role: string;
  readonly content: string | null;
  readonly tool_calls?: readonly { readonly function: { readonly name: string } }[];
}

interface Answer {
  readonly role: "assistant";
  readonly content: string | null;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly type: "function";
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

interface Question {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
}

interface Completion {
  readonly choices?: readonly { readonly message: Answer }[];
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly said: string;
  readonly answers: readonly Answer[];
}

const apiKey = process.env["OPENAI_API_KEY"];
const baseUrl = process.env["OPENAI_BASE_URL"] ?? "https://api.openai.com/v1";
const [port = "0", logPath = "model.log"] = process.argv.slice(2);
const log = lineLog<ModelCall>(logPath);

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "POST" || !request.url?.endsWith("/chat/completions")) {
    response.writeHead(404).end();
    return;
  }
  const asked = JSON.parse(await text(request)) as Question;
  const { status, headers, said, answers } = await (apiKey === undefined ? scripted : forwarded)(
    asked,
  );
  for (const answer of answers)
    log.add({ messages: asked.messages.length, answered: summary(answer) });
  response.writeHead(status, { ...headers, "content-type": "application/json" });
  response.end(said);
}

function summary({ content, tool_calls }: Answer): string {
  return tool_calls?.map((call) => call.function.name).join(", ") ?? content ?? "";
}

async function forwarded(asked: Question): Promise<Reply> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(asked),
  });
  const said = await response.text();
  const retryAfter = response.headers.get("retry-after");
  const headers = retryAfter === null ? {} : { "retry-after": retryAfter };
  if (!response.ok) return { status: response.status, headers, said, answers: [] };
  return { status: 200, headers, said, answers: answersIn(JSON.parse(said) as Completion) };
}

function answersIn({ choices = [] }: Completion): readonly Answer[] {
  return choices.map(({ message }) => message);
}

async function scripted({ model, messages }: Question): Promise<Reply> {
  const message = answerTo(messages);
  const reason = message.tool_calls === undefined ? "stop" : "tool_calls";
  const body = {
    id: "chatcmpl-scripted",
    object: "chat.completion",
    created: 0,
    model,
    choices: [{ index: 0, message, finish_reason: reason }],
    usage: { prompt_tokens: 40, completion_tokens: 12, total_tokens: 52 },
  };
  return { status: 200, headers: {}, said: JSON.stringify(body), answers: [message] };
}

createServer((request, response) => {
  handle(request, response).catch(() => response.destroy());
}).listen(Number(port), "127.0.0.1");

/** The script: look the order up, ask for the refund, report what came of it. It reads the conversation as a model would, and keeps nothing. */
function answerTo(messages: readonly ChatMessage[]): Answer {
  const asked = messages.findLast(({ role }) => role === "user")?.content ?? "";
  const since = messages.slice(messages.findLastIndex(({ role }) => role === "user"));
  const called = new Set(
    since.flatMap(({ tool_calls = [] }) => tool_calls.map((call) => call.function.name)),
  );
  const order = /#?(\d+)/.exec(asked)?.[1];
  if (order === undefined || !/refund/i.test(asked))
    return {
      role: "assistant",
      content: "I can look up and refund orders: give me an order number.",
    };
  if (!called.has("lookup_order")) return callOf("lookup_order", { order });
  if (!called.has("refund_order")) return callOf("refund_order", { order, cents: 4200 });
  const outcome = since.findLast(({ role }) => role === "tool")?.content ?? "";
  return { role: "assistant", content: `Order #${order}: ${outcome}` };
}

function callOf(name: string, input: unknown): Answer {
  return {
    role: "assistant",
    content: null,
    // A provider's ids repeat over conversations; ours never depend on them alone.
    tool_calls: [
      {
        id: `call_${name}`,
        type: "function",
        function: { name, arguments: JSON.stringify(input) },
      },
    ],
  };
}
