import { digestOf } from "@perdure/checkpoint-core";
import { durably, durableTool } from "@perdure/inngest-bridge/agent";
import {
  type LanguageModel,
  type LanguageModelMiddleware,
  type ToolSet,
  wrapLanguageModel,
} from "ai";
import { providerFailure } from "./failure.ts";
import { type Generated, modelOf, type StreamPart } from "./provider.ts";

/** How a model's calls become steps. */
export interface DurableCallsOptions {
  /** What the steps' names begin with; `model` when not given. */
  readonly name?: string;
}

type Wrapped = ReturnType<typeof wrapLanguageModel>;

/**
 * A middleware by which each call of a model is a step of the Inngest function around it (see `durableTool` of the bridge), named by its prompt: calls at the same time are told apart by what
 * they ask. A streamed call is kept as its pieces, and is heard when the step is done. Give `generateText` `maxRetries: 0`: a step is tried again as often as its
 * function says, and at the time that the provider names.
 */
export function durableCalls({
  name = "model",
}: DurableCallsOptions = {}): LanguageModelMiddleware {
  const step = async <T>(prompt: unknown, ask: () => Promise<T>): Promise<T> => {
    const named = `${name}:${digestOf(prompt).slice(0, 32)}`;
    return durably({ name: named, shown: "think" }, async () => {
      try {
        return await ask();
      } catch (error) {
        throw providerFailure(error);
      }
    });
  };
  return {
    specificationVersion: "v4",
    wrapGenerate: async ({ doGenerate, params }) =>
      step(params.prompt, async () => kept(await doGenerate())),
    async wrapStream({ doStream, params }) {
      const parts = await step(params.prompt, async () => piecesOf((await doStream()).stream));
      return { stream: ReadableStream.from(parts) };
    },
  };
}

/** The model with `durableCalls`. */
export function durableModel(model: LanguageModel, options: DurableCallsOptions = {}): Wrapped {
  return wrapLanguageModel({ model: modelOf(model), middleware: durableCalls(options) });
}

/** The tools, each with its calls as steps by their ids; one without `execute` stays as it is. */
export function durableTools<Tools extends ToolSet>(tools: Tools): Tools {
  const entries = Object.entries(tools).map(([name, tool]) => [
    name,
    tool.execute === undefined ? tool : durableTool(tool, { name }),
  ]);
  return Object.fromEntries(entries) as Tools;
}

/** What is kept of a call: not what went over the wire. */
function kept({ request: _request, response, ...generated }: Generated): Generated {
  if (!response) return generated;
  const { headers: _headers, body: _body, ...said } = response;
  return { ...generated, response: said };
}

/** The pieces of a stream. What it reports as an error is thrown, so that the call is tried again. */
async function piecesOf(stream: ReadableStream<StreamPart>): Promise<readonly StreamPart[]> {
  const parts: StreamPart[] = [];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return parts;
    if (value.type === "error") throw value.error;
    if (value.type !== "raw" && value.type !== "ping") parts.push(value);
  }
}
