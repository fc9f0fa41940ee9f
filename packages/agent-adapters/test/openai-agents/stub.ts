import {
  type Model,
  type ModelRequest,
  type ModelResponse,
  type StreamEvent,
  Usage,
} from "@openai/agents";

type Item = ModelResponse["output"][number];

/** What a model says in each of its turns: by how many answers its input holds behind the last message of the user. */
export type Script = readonly (readonly Item[] | ((request: ModelRequest) => readonly Item[]))[];

/** A model that answers by a script, whole or piece by piece, and remembers what it was asked. */
export interface Stub {
  readonly model: Model;
  readonly asked: ModelRequest[];
}

/** `ask` is awaited ahead of an answer, `fail` may throw in its place. */
export function stub(
  script: Script,
  {
    ask = async () => {},
    fail,
  }: {
    readonly ask?: (signal: AbortSignal | undefined) => Promise<void>;
    readonly fail?: (call: number) => void;
  } = {},
): Stub {
  const asked: ModelRequest[] = [];
  const answer = (request: ModelRequest): ModelResponse => {
    asked.push(request);
    fail?.(asked.length);
    const turn = turnIn(request);
    const said = script[turn];
    if (!said) throw new Error(`The script has no turn ${turn + 1}.`);
    const output = [...(typeof said === "function" ? said(request) : said)];
    return {
      output,
      usage: new Usage({ requests: 1, inputTokens: 100, outputTokens: 10, totalTokens: 110 }),
    };
  };
  const model: Model = {
    async getResponse(request) {
      await ask(request.signal);
      return answer(request);
    },
    async *getStreamedResponse(request) {
      await ask(request.signal);
      yield* eventsOf(answer(request));
    },
  };
  return { model, asked };
}

/** A call opens a turn or goes on with it: one after the other without a result between are of one turn. */
function turnIn({ input }: ModelRequest): number {
  if (typeof input === "string") return 0;
  const from = input.findLastIndex((item) => "role" in item && item.role === "user");
  const behind = input.slice(from + 1).map(({ type }) => type === "function_call_result");
  return behind.filter((isResult, place) => isResult && !behind[place + 1]).length;
}

function* eventsOf({ output, usage }: ModelResponse): Generator<StreamEvent> {
  yield { type: "response_started" };
  for (const item of output) {
    if (item.type === "function_call") {
      const { callId: call_id, name } = item;
      const added = { type: "function_call", id: `fc_${call_id}`, call_id, name };
      yield { type: "model", event: { type: "response.output_item.added", item: added } };
      const delta = {
        type: "response.function_call_arguments.delta",
        item_id: added.id,
        delta: item.arguments,
      };
      yield { type: "model", event: delta };
    } else if (item.type === "message" && item.role === "assistant")
      for (const part of item.content)
        if (part.type === "output_text") {
          const half = Math.ceil(part.text.length / 2);
          yield { type: "output_text_delta", delta: part.text.slice(0, half) };
          yield { type: "output_text_delta", delta: part.text.slice(half) };
        }
  }
  const { inputTokens, outputTokens, totalTokens } = usage;
  const response = {
    id: "resp",
    output,
    usage: { requests: 1, inputTokens, outputTokens, totalTokens },
  };
  yield { type: "response_done", response } as StreamEvent;
}

export function text(said: string): Item {
  return {
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: said }],
  };
}

export function call(callId: string, name: string, input: unknown): Item {
  return {
    type: "function_call",
    callId,
    name,
    arguments: JSON.stringify(input),
    status: "completed",
  };
}
