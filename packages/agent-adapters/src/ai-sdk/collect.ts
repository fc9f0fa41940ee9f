import type { Listener } from "../run/heard.ts";
import type { Content, Generated, StreamPart, Streamed } from "./provider.ts";

/** A text or a reasoning that is still coming. */
interface Open {
  readonly type: "text" | "reasoning";
  text: string;
  providerMetadata?: unknown;
}

/** A streamed answer as a whole one. Throws what the stream reports as an error, and where it breaks off. */
export async function collect({ stream }: Streamed, listener: Listener): Promise<Generated> {
  const answer = new Collected(listener);
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return answer.end();
    answer.take(value);
  }
}

class Collected {
  readonly #listener: Listener;
  readonly #content: Content[] = [];
  readonly #blocks = new Map<string, Open>();
  readonly #inputs = new Map<string, string>();
  #warnings: Generated["warnings"] = [];
  #response: Generated["response"];
  #finish: Part<"finish"> | undefined;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  take(part: StreamPart): void {
    if (part.type === "error") throw part.error;
    if (isText(part)) this.#block(part);
    else if (isInput(part)) this.#input(part);
    else if (isFrame(part)) this.#frame(part);
    else this.#content.push(part);
  }

  end(): Generated {
    if (!this.#finish) throw new Error("The model's answer broke off.");
    const { finishReason, usage, providerMetadata } = this.#finish;
    return {
      content: this.#content,
      finishReason,
      usage,
      warnings: this.#warnings,
      ...(providerMetadata === undefined ? {} : { providerMetadata }),
      ...(this.#response === undefined ? {} : { response: this.#response }),
    };
  }

  /** What a provider says of a block may come at its start or at its end: a signature comes with the last. */
  #block(part: TextPart): void {
    const type = part.type.startsWith("text") ? "text" : "reasoning";
    const key = `${type}/${part.id}`;
    const block = this.#blocks.get(key) ?? { type, text: "" };
    if (!this.#blocks.has(key)) this.#content.push(block as Content);
    this.#blocks.set(key, block);
    if ("delta" in part) block.text += part.delta;
    if (part.type === "text-delta") this.#listener.text(part.delta);
    if (part.providerMetadata !== undefined) block.providerMetadata = part.providerMetadata;
  }

  #input(part: InputPart): void {
    if (part.type === "tool-input-start") this.#inputs.set(part.id, part.toolName);
    if (part.type !== "tool-input-delta") return;
    this.#listener.toolCall({ id: part.id, name: this.#inputs.get(part.id) ?? "" }, part.delta);
  }

  #frame(part: FramePart): void {
    if (part.type === "stream-start") this.#warnings = part.warnings;
    if (part.type === "finish") this.#finish = part;
    if (part.type !== "response-metadata") return;
    const { type: _, ...response } = part;
    this.#response = response;
  }
}

type Part<Type extends StreamPart["type"]> = Extract<StreamPart, { readonly type: Type }>;
type TextPart = Part<`${"text" | "reasoning"}-${"start" | "delta" | "end"}`>;
type InputPart = Part<`tool-input-${"start" | "delta" | "end"}`>;
type FramePart = Part<"stream-start" | "response-metadata" | "finish" | "ping" | "raw">;

const FRAMES: ReadonlySet<string> = new Set([
  "stream-start",
  "response-metadata",
  "finish",
  "ping",
  "raw",
]);

function isText(part: StreamPart): part is TextPart {
  return /^(?:text|reasoning)-(?:start|delta|end)$/.test(part.type);
}

function isInput(part: StreamPart): part is InputPart {
  return part.type.startsWith("tool-input-");
}

function isFrame(part: StreamPart): part is FramePart {
  return FRAMES.has(part.type);
}
