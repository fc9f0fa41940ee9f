import { digestOf, encodeText } from "@perdure/checkpoint-core";

/** What a model is told in a turn, and the names of the tools that it may call, where they are known. */
interface Told {
  readonly turn: number;
  readonly system?: unknown;
  /** A conversation, or what else the model is told. */
  readonly messages: unknown;
  readonly tools?: readonly string[];
}

/** What a model's step shows: how much the model is told and the digest of that, and what it may call. Settings may hold a key. Throws `UNSUPPORTED_VALUE` for what is no data: then nothing is shown. */
export function shownPrompt({
  turn,
  system,
  messages,
  tools,
}: Told): Readonly<Record<string, unknown>> {
  const told = [system ?? null, messages];
  const prompt = {
    ...(Array.isArray(messages) ? { messages: messages.length } : {}),
    bytes: Buffer.byteLength(encodeText(told)),
    digest: digestOf(told),
  };
  return { turn, prompt, ...(tools ? { tools } : {}) };
}
