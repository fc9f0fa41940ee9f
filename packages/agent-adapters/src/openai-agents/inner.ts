import type { Model, ModelRequest } from "@openai/agents";
import { digestOf, StorageError } from "@perdure/checkpoint-core";
import { spentIn, type StoredResponse, storedResponse } from "./answer.ts";
import type { OpenAIRun } from "./run.ts";
import { wholeAnswer } from "./streamed.ts";

/** A model call in a run. */
export interface AskedModel {
  readonly run: OpenAIRun;
  readonly model: Model;
  readonly name: string | undefined;
  readonly request: ModelRequest;
  /** What tells it from other models where it has no name. */
  readonly known?: string;
  /** The model is asked for pieces: it may give nothing else. */
  readonly streamed?: boolean;
}

const durable = new Set<string>();

/** From now on a tool of this name counts as durable. */
export function noteDurableTool(name: string): void {
  durable.add(name);
}

/** What an agent inside of a call asks, named by what it asks. Its tools are out of reach here: one that is not durable would be carried out in every pass. */
export async function innerResponse({
  run,
  model,
  name,
  known = name,
  request,
  streamed = false,
}: AskedModel): Promise<StoredResponse> {
  const unknown = request.tools.find((tool) => tool.type === "function" && !durable.has(tool.name));
  if (unknown)
    throw run.ledger.end(
      new StorageError(
        "INVALID_ARGUMENT",
        `"${unknown.name}" is a tool of an agent inside of a call: make it with durableTool, or it would be carried out in every pass.`,
      ),
    );
  const content = contentOf(request, known);
  const id = `~${content}:${run.ordinal(content)}`;
  const stored = (await run.ledger.inner(
    run.turn,
    { id, name: "think" },
    async ({ signal }) => {
      const asked = { ...request, signal };
      const response = await (streamed ? wholeAnswer(model, asked) : model.getResponse(asked));
      return storedResponse(response, name);
    },
    (response) => spentIn(response as StoredResponse),
  )) as StoredResponse;
  run.count(stored);
  return stored;
}

/** What names a model call by what it asks, and of which model, where that has a name. */
export function contentOf(
  {
    systemInstructions = "",
    input,
    prompt,
    tools,
    handoffs,
    outputType,
    modelSettings,
  }: ModelRequest,
  model: string | undefined,
): string {
  const asked = JSON.stringify({ model, prompt, tools, handoffs, outputType, modelSettings });
  return digestOf([systemInstructions, input, asked]).slice(0, 32);
}
