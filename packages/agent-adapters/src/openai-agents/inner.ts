import type { Model, ModelRequest } from "@openai/agents";
import { digestOf, StorageError } from "@perdure/checkpoint-core";
import { spentIn, type StoredResponse, storedResponse } from "./answer.ts";
import type { OpenAIRun } from "./run.ts";

/** A model call in a run. */
export interface AskedModel {
  readonly run: OpenAIRun;
  readonly model: Model;
  readonly name: string | undefined;
  readonly request: ModelRequest;
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
  request,
}: AskedModel): Promise<StoredResponse> {
  const unknown = request.tools.find((tool) => tool.type === "function" && !durable.has(tool.name));
  if (unknown)
    throw run.ledger.end(
      new StorageError(
        "INVALID_ARGUMENT",
        `"${unknown.name}" is a tool of an agent inside of a call: make it with durableTool, or it would be carried out in every pass.`,
      ),
    );
  const content = contentOf(request);
  const id = `~${content}:${run.ordinal(content)}`;
  const stored = (await run.ledger.inner(
    run.turn,
    { id, name: "think" },
    async (held) =>
      storedResponse(await model.getResponse({ ...request, signal: held.signal }), name),
    (response) => spentIn(response as StoredResponse),
  )) as StoredResponse;
  run.count(stored);
  return stored;
}

/** What names a model call by what it asks. */
export function contentOf({ systemInstructions = "", input }: ModelRequest): string {
  return digestOf([systemInstructions, input]).slice(0, 32);
}
