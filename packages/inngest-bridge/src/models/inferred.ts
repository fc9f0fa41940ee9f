import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import { NonRetriableError } from "inngest";
import type { OffloadedModel } from "../loop/contract.ts";
import { describe } from "../steps/failure.ts";
import { readCompletion } from "./completion.ts";
import { chatBody, openAIModel, type OpenAIModelOptions } from "./openai.ts";

/** Where a model is that Inngest's server asks. */
export interface InferredModelOptions extends Omit<OpenAIModelOptions, "stream"> {
  /** How long an answer may take, the server's further attempts included, in milliseconds; 10 minutes when not given. A run whose process died meanwhile is taken over so much later. */
  readonly silenceMs?: number;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof InferredModelOptions>([
  "baseUrl",
  "apiKey",
  "model",
  "settings",
  "fetch",
  "silenceMs",
]);

const SILENCE_MS = 10 * 60 * 1000;

/**
 * A model behind OpenAI's chat-completions protocol that Inngest's server asks by `step.ai.infer`: no process of yours waits while it thinks, and nothing is said piece by piece. Each turn
 * is a step more. The server asks again as often as the function's steps are tried, whatever the provider refused; request, key and answer pass through it, and the answer stays in the run's state.
 *
 * Where a run has no Inngest, it is asked directly.
 */
export function inferredModel(given: InferredModelOptions): OffloadedModel {
  checkGiven("inferredModel", given, { model: "text" }, OPTIONS);
  const { silenceMs = SILENCE_MS, ...options } = given;
  const { baseUrl = "https://api.openai.com/v1", apiKey, model, settings = {} } = options;
  const ask = openAIModel({ ...options, stream: false });
  if (!Number.isSafeInteger(silenceMs) || silenceMs < 1)
    throw new StorageError("INVALID_ARGUMENT", "silenceMs must be a whole number of at least 1.");
  const url = `${baseUrl.replace(/\/+$/, "")}/chat/completions`;
  return {
    silenceMs,
    inference: (request) => ({
      model: { url, authKey: apiKey ?? "", format: "openai-chat" },
      body: chatBody(request, { model, settings }),
    }),
    read(answer) {
      try {
        return readCompletion(answer);
      } catch (error) {
        // The answer is kept: another attempt would read the same.
        throw new NonRetriableError(describe(error).message, { cause: error });
      }
    },
    ask,
  };
}
