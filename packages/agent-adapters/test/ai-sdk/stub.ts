import { MockLanguageModelV4, simulateReadableStream } from "ai/test";

type Options = Parameters<MockLanguageModelV4["doGenerate"]>[0];
type Generated = Awaited<ReturnType<MockLanguageModelV4["doGenerate"]>>;
type Part = Generated["content"][number];

/** What a model says by the number of answers that it finds in its prompt. */
export type Script = readonly (readonly Part[] | ((options: Options) => readonly Part[]))[];

/** A model that answers by a script, whole or piece by piece, and remembers what it was asked. */
export interface Stub {
  readonly model: MockLanguageModelV4;
  readonly asked: Options[];
}

/** `ask` is awaited ahead of an answer, `fail` may throw in its place. `before` is how many answers of earlier runs the prompt holds. */
export function stub(
  script: Script,
  {
    ask = async () => {},
    fail,
    before = () => 0,
  }: {
    readonly ask?: (signal: AbortSignal | undefined) => Promise<void>;
    readonly fail?: (call: number) => void;
    readonly before?: () => number;
  } = {},
): Stub {
  const asked: Options[] = [];
  const answer = (options: Options): Generated => {
    asked.push(options);
    fail?.(asked.length);
    const turn = options.prompt.filter(({ role }) => role === "assistant").length - before();
    const said = script[turn];
    if (!said) throw new Error(`The script has no turn ${turn + 1}.`);
    const content = [...(typeof said === "function" ? said(options) : said)];
    const calls = content.some(({ type }) => type === "tool-call");
    return {
      content,
      finishReason: { unified: calls ? "tool-calls" : "stop", raw: undefined },
      usage: {
        inputTokens: { total: 100, noCache: 100, cacheRead: undefined, cacheWrite: undefined },
        outputTokens: { total: 10, text: 10, reasoning: undefined },
      },
      warnings: [],
    };
  };
  const model = new MockLanguageModelV4({
    modelId: "stub-1",
    async doGenerate(options) {
      await ask(options.abortSignal);
      return answer(options);
    },
    async doStream(options) {
      await ask(options.abortSignal);
      return { stream: streamOf(answer(options)) } as never;
    },
  });
  return { model, asked };
}

function streamOf({ content, finishReason, usage }: Generated): ReadableStream<unknown> {
  const parts = content.flatMap((part, index): readonly unknown[] => {
    const id = String(index);
    if (part.type === "text" || part.type === "reasoning") {
      const half = Math.ceil(part.text.length / 2);
      const { providerMetadata } = part;
      return [
        { type: `${part.type}-start`, id },
        { type: `${part.type}-delta`, id, delta: part.text.slice(0, half) },
        { type: `${part.type}-delta`, id, delta: part.text.slice(half) },
        { type: `${part.type}-end`, id, ...(providerMetadata ? { providerMetadata } : {}) },
      ];
    }
    if (part.type !== "tool-call") return [part];
    return [
      { type: "tool-input-start", id: part.toolCallId, toolName: part.toolName },
      { type: "tool-input-delta", id: part.toolCallId, delta: part.input },
      { type: "tool-input-end", id: part.toolCallId },
      part,
    ];
  });
  const chunks = [
    { type: "stream-start", warnings: [] },
    ...parts,
    { type: "finish", finishReason, usage },
  ];
  return simulateReadableStream({ chunks });
}

export function text(said: string): Part {
  return { type: "text", text: said };
}

export function call(toolCallId: string, toolName: string, input: unknown): Part {
  return { type: "tool-call", toolCallId, toolName, input: JSON.stringify(input) };
}
