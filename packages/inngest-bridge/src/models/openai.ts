import { checkGiven, encodeText, type Message, StorageError } from "@perdure/checkpoint-core";
import { NonRetriableError, RetryAfterError } from "inngest";
import type { ModelRequest, ModelResponse } from "../loop/contract.ts";
import { delayIn } from "../steps/retryAfter.ts";
import { readChunks } from "./chunks.ts";
import { readCompletion } from "./completion.ts";

/** Where a model is, and which one. */
export interface OpenAIModelOptions {
  /** Up to and with `/v1`; OpenAI's own when not given. */
  readonly baseUrl?: string;
  /** Without one it is refused when the model is made, not at its first call. */
  readonly apiKey: string | undefined;
  readonly model: string;
  /** More fields of the request: `temperature`, `max_tokens`, `tool_choice`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether the answer is asked for piece by piece where the run may be watched; it is when not given. A server that answers whole is taken as it is. */
  readonly stream?: boolean;
  readonly fetch?: typeof globalThis.fetch;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof OpenAIModelOptions>([
  "baseUrl",
  "apiKey",
  "model",
  "settings",
  "stream",
  "fetch",
]);

/**
 * A model behind OpenAI's chat-completions protocol. Too many requests, timeouts and failures of the server are retried, after the time that it asked for where it did; what it
 * refuses is not, and neither is an answer that it cut short or withheld.
 */
export function openAIModel(
  options: OpenAIModelOptions,
): (request: ModelRequest) => Promise<ModelResponse> {
  checkGiven("openAIModel", options, {}, OPTIONS);
  const { baseUrl = "https://api.openai.com/v1", apiKey, model, settings = {} } = options;
  const { stream: mayStream = true, fetch = globalThis.fetch } = options;
  for (const [what, value] of Object.entries({ baseUrl, apiKey, model }))
    if (typeof value !== "string" || value === "")
      throw new StorageError(
        "INVALID_ARGUMENT",
        `A model of OpenAI's protocol needs ${what}${what === "apiKey" ? ": is its variable set? A server without keys takes any text" : ""}.`,
      );
  const url = `${baseUrl.replace(/\/+$/, "")}/chat/completions`;
  return async (request) => {
    const stream = mayStream ? request.stream : undefined;
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({
        ...chatBody(request, { model, settings }),
        ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
      }),
      signal: request.signal,
    });
    if (!response.ok) throw await refusal(response);
    const isStreamed = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (stream && isStreamed === true && response.body)
      return readCompletion(await readChunks(response.body, stream));
    return readCompletion(await response.json());
  };
}

/** A request as the protocol has it. */
export function chatBody(
  request: ModelRequest,
  { model, settings }: Pick<OpenAIModelOptions, "model" | "settings">,
): Readonly<Record<string, unknown>> {
  return { ...settings, ...askedOf(request), model, ...bodyOf(request) };
}

/** Settings that the AI SDK and its users name in their own way, and the protocol in another. */
const NAMES: Readonly<Record<string, string>> = {
  maxOutputTokens: "max_completion_tokens",
  topP: "top_p",
  presencePenalty: "presence_penalty",
  frequencyPenalty: "frequency_penalty",
  stopSequences: "stop",
};

/** What the run's caller asks of the model. */
function askedOf({
  settings = {},
  toolChoice,
  tools,
}: ModelRequest): Readonly<Record<string, unknown>> {
  const named = Object.entries(settings).map(([name, value]) => [NAMES[name] ?? name, value]);
  const choice =
    typeof toolChoice === "object"
      ? { type: "function", function: { name: toolChoice.toolName } }
      : toolChoice;
  return {
    ...(Object.fromEntries(named) as Readonly<Record<string, unknown>>),
    // The protocol takes no choice where there is nothing to choose.
    ...(choice === undefined || tools.length === 0 ? {} : { tool_choice: choice }),
  };
}

function bodyOf({ system, messages, tools }: ModelRequest): Readonly<Record<string, unknown>> {
  const first = system === undefined ? [] : [{ role: "system", content: system }];
  const spoken = { messages: [...first, ...messages.map(wireMessage)] };
  if (tools.length === 0) return spoken;
  return { ...spoken, tools: tools.map((tool) => ({ type: "function", function: tool })) };
}

function wireMessage(message: Message): Readonly<Record<string, unknown>> {
  switch (message.role) {
    case "tool":
      return {
        role: "tool",
        tool_call_id: message.toolCallId,
        content: textOf(message.content),
      };
    case "assistant": {
      const { content, toolCalls = [] } = message;
      if (toolCalls.length === 0) return { role: "assistant", content };
      const calls = toolCalls.map(({ id, name, input }) => ({
        id,
        type: "function",
        function: { name, arguments: textOf(input) },
      }));
      return { role: "assistant", content, tool_calls: calls };
    }
    case "user":
      return { role: "user", content: userContent(message.content) };
    case "system":
      return { role: "system", content: message.content };
    default:
      throw unknownRole(message);
  }
}

/** A history holds what was written to it; a role that we don't know never speaks with the system's voice. */
function unknownRole(message: never): Error {
  const { role } = message as { readonly role?: unknown };
  return new NonRetriableError(`A message has the role ${JSON.stringify(role)}, which is none.`);
}

/** Parts are the protocol's own, and go as they are. */
function userContent(content: unknown): unknown {
  return Array.isArray(content) ? content : textOf(content);
}

function textOf(content: unknown): string {
  return typeof content === "string" ? content : encodeText(content);
}

/** Statuses that say "later" rather than "no". */
const LATER = new Set([408, 409, 425, 429]);

async function refusal(response: Response): Promise<Error> {
  const said = (await response.text()).slice(0, 500);
  const message = `The model answered ${response.status}: ${said}`;
  if (response.status < 500 && !LATER.has(response.status)) return new NonRetriableError(message);
  const delay = delayIn(response.headers);
  return delay === undefined ? new Error(message) : new RetryAfterError(message, delay);
}
