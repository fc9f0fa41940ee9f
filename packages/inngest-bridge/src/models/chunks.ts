import type { ModelStream } from "../loop/contract.ts";

type Wire = Readonly<Record<string, unknown>>;

/** A tool call as it comes, piece by piece. */
interface GrowingCall {
  id: string;
  name: string;
  arguments: string;
}

/**
 * A streamed answer of OpenAI's chat-completions protocol, put together to what it would be unstreamed; each piece is said as it comes. One that breaks off is an error, which is
 * retried, and so is one that the server ends with an error of its own.
 */
export async function readChunks(
  body: ReadableStream<Uint8Array>,
  stream: ModelStream,
): Promise<unknown> {
  const calls: GrowingCall[] = [];
  const texts = { content: "", refusal: "" };
  let about: Wire = {};
  let finish: unknown;
  for await (const chunk of dataIn(body)) {
    if (chunk["error"] !== undefined)
      throw new Error(`The model broke off: ${JSON.stringify(chunk["error"]).slice(0, 500)}`);
    about = aboutIn(about, chunk);
    const choice = recordOf(listOf(chunk["choices"])[0]);
    finish = choice["finish_reason"] ?? finish;
    const delta = recordOf(choice["delta"]);
    const said = textIn(delta["content"]);
    texts.content += said;
    texts.refusal += textIn(delta["refusal"]);
    stream.text(said);
    for (const piece of listOf(delta["tool_calls"])) grow(calls, recordOf(piece), stream);
  }
  if (finish === undefined) throw new Error("The model's answer broke off before its end.");
  return { ...about, choices: [{ finish_reason: finish, message: messageOf(texts, calls) }] };
}

/** What is said of the whole answer: the model once, its usage at the end. */
function aboutIn(about: Wire, { model, usage }: Wire): Wire {
  return { model: model ?? about["model"], usage: usage ?? about["usage"] };
}

function messageOf(
  { content, refusal }: { readonly content: string; readonly refusal: string },
  calls: readonly GrowingCall[],
): Wire {
  return {
    content: content === "" ? null : content,
    ...(refusal === "" ? {} : { refusal }),
    // A place that was left out holds none.
    tool_calls: calls
      .filter((call) => call !== undefined)
      .map(({ id, name, arguments: given }) => ({ id, function: { name, arguments: given } })),
  };
}

function grow(calls: GrowingCall[], piece: Wire, stream: ModelStream): void {
  const place = typeof piece["index"] === "number" ? piece["index"] : calls.length;
  const { name, arguments: given } = recordOf(piece["function"]);
  const call = (calls[place] ??= { id: "", name: "", arguments: "" });
  call.id = textIn(piece["id"]) || call.id;
  call.name = textIn(name) || call.name;
  const more = textIn(given);
  call.arguments += more;
  if (call.id !== "" && call.name !== "" && more !== "")
    stream.toolCall({ id: call.id, name: call.name }, more);
}

/** The data of the server's events, up to `[DONE]` or the end. */
async function* dataIn(body: ReadableStream<Uint8Array>): AsyncGenerator<Wire> {
  for await (const line of linesOf(body)) {
    if (!line.startsWith("data:")) continue;
    const data = line.slice("data:".length).trim();
    if (data === "[DONE]") return;
    yield recordOf(JSON.parse(data));
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let left = "";
  for await (const bytes of body) {
    const lines = (left + decoder.decode(bytes, { stream: true })).split(/\r\n|\n|\r/u);
    left = lines.pop() ?? "";
    yield* lines;
  }
  yield left + decoder.decode();
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function recordOf(value: unknown): Wire {
  return typeof value === "object" && value !== null ? (value as Wire) : {};
}

function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}
