import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import { durably } from "./ambient.ts";

/** How a model's calls become steps. */
export interface DurableModelOptions {
  /** Names the model in its steps; `model` when not given. Two that may be asked at the same time need names of their own. */
  readonly id?: string;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof DurableModelOptions>(["id"]);

/**
 * The model function, with each of its calls a step of the Inngest function that it is called in, by `perdureMiddleware` or `withStep`; part of the step that is running, where it is called
 * inside of one; and as it was, outside of Inngest. Calls are told apart by their order, so two of one name at the same time are refused (`INVALID_ARGUMENT`), and so is a call
 * in a function where no step can be made. What the model answers arrives as `durable` says; what it throws is tried again as often as the function says.
 */
export function durableModel<Given extends readonly unknown[], Answer>(
  model: (...given: Given) => Answer | Promise<Answer>,
  options: DurableModelOptions = {},
): (...given: Given) => Promise<Answer> {
  if (typeof model !== "function") throw invalid("A durable model is a function.");
  checkGiven("durableModel", options, {}, OPTIONS);
  const { id = "model" } = options;
  if (typeof id !== "string" || id === "") throw invalid("A durable model's id is a text.");
  return async (...given) =>
    durably({ name: id, shown: "think", alone: true }, () => model(...given));
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
