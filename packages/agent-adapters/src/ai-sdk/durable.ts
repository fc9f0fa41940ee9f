import { checkGiven, digestOf } from "@perdure/checkpoint-core";
import { durably, durableTool } from "@perdure/inngest-bridge/agent";
import {
  type LanguageModel,
  type LanguageModelMiddleware,
  type ToolSet,
  wrapLanguageModel,
} from "ai";
import { providerFailure } from "./failure.ts";
import { lastOutput } from "./lastOutput.ts";
import { type Generated, modelOf, type StreamPart } from "./provider.ts";

/** How a model's calls become steps. */
export interface DurableCallsOptions {
  /** What the steps' names begin with; `model` when not given. */
  readonly name?: string;
}

type Wrapped = ReturnType<typeof wrapLanguageModel>;

/**
 * A middleware by which each call of a model is a step of the Inngest function around it (see `durableTool` of the bridge), named by the model and by all that it is asked: calls at the same time are
 * told apart by that. A streamed call is kept as its pieces, and is heard when the step is done. Give `generateText` `maxRetries: 0`: a step is tried again as often as its
 * function says, and at the time that the provider names.
 */
export function durableCalls({
  name = "model",
}: DurableCallsOptions = {}): LanguageModelMiddleware {
  const step = async <T>(asked: Asked, ask: () => Promise<T>): Promise<T> => {
    const named = `${name}:${contentOf(asked)}`;
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
    wrapGenerate: async ({ doGenerate, ...asked }) =>
      step(asked, async () => kept(await doGenerate())),
    async wrapStream({ doStream, ...asked }) {
      const parts = await step(asked, async () => piecesOf((await doStream()).stream));
      return { stream: ReadableStream.from(parts) };
    },
  };
}

/** What a model is asked, and which one. */
type Asked = Pick<
  Parameters<NonNullable<LanguageModelMiddleware["wrapGenerate"]>>[0],
  "params" | "model"
>;

/** What names a call by what it asks, and of which model; not by how it goes over the wire. */
function contentOf({ params, model: { provider, modelId } }: Asked): string {
  const { prompt, abortSignal: _signal, headers: _headers, ...settings } = params;
  const asked = JSON.stringify({ provider, modelId, ...settings });
  return digestOf([prompt, asked]).slice(0, 32);
}

/** The model with `durableCalls`. */
export function durableModel(model: LanguageModel, options: DurableCallsOptions = {}): Wrapped {
  if (typeof model !== "string") checkGiven("durableModel", { model }, { model: "object" });
  return wrapLanguageModel({ model: modelOf(model), middleware: durableCalls(options) });
}

/** The tools, each with its calls as steps by their ids; one without `execute` stays as it is. Of one that gives several outputs, one in the place of the other, the last is kept and heard. */
export function durableTools<Tools extends ToolSet>(tools: Tools): Tools {
  checkGiven("durableTools", { tools }, { tools: "object" });
  const entries = Object.entries(tools).map(([name, tool]) => [name, durableOne(name, tool)]);
  return Object.fromEntries(entries) as Tools;
}

function durableOne(name: string, tool: ToolSet[string]): object {
  if (tool.execute === undefined) return tool;
  const given = tool.execute.bind(tool) as (...args: unknown[]) => unknown;
  const execute = async (...args: unknown[]): Promise<unknown> => lastOutput(await given(...args));
  return durableTool({ ...tool, execute }, { name });
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
