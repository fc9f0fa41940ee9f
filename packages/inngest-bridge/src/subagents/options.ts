import { StorageError } from "@perdure/checkpoint-core";

/** What a model gives an agent when nothing else is said. */
export const PROMPT: Readonly<Record<string, unknown>> = {
  type: "object",
  properties: {
    prompt: {
      type: "string",
      description: "All that the agent needs to know: it sees nothing else.",
    },
  },
  required: ["prompt"],
};

/** Refuses options of `spawn` and `schedule` that are unknown or of another type. */
export function checkStarted(maker: string, options: object, known: ReadonlySet<string>): void {
  refuseUnknown(maker, options, known);
  const given = options as Readonly<Record<string, unknown>>;
  checkNamed(maker, given);
  checkDepth(given["maxDepth"]);
  for (const what of ["threadId", "at"])
    if (given[what] !== undefined && typeof given[what] !== "function")
      throw invalid(`${what} must be a function.`);
}

/** Refuses what is no depth. */
export function checkDepth(maxDepth: unknown = 1): void {
  if (!Number.isSafeInteger(maxDepth) || Number(maxDepth) < 1)
    throw invalid("maxDepth must be a whole number of at least 1.");
}

/** Refuses an option that we don't know, by its name. */
export function refuseUnknown(maker: string, options: object, known: ReadonlySet<string>): void {
  if (typeof options !== "object" || options === null) throw invalid(`${maker} needs options.`);
  const unknown = Object.keys(options).find((name) => !known.has(name));
  if (unknown !== undefined) throw invalid(`${maker} has no option "${unknown}".`);
}

/** Refuses options that every maker has, of another type. */
export function checkNamed(
  maker: string,
  { description, prompt }: { readonly description?: unknown; readonly prompt?: unknown },
): void {
  if (typeof description !== "string" || description === "")
    throw invalid(`${maker} needs a description.`);
  if (prompt !== undefined && typeof prompt !== "function")
    throw invalid("prompt must be a function.");
}

/** What an agent is asked, by a call's input. Throws `INVALID_ARGUMENT` where it is no text, or none. */
export function promptFrom(
  given: ((input: unknown) => unknown) | undefined,
): (input: unknown) => string {
  return (input) => {
    const { prompt: own } = (input ?? {}) as { readonly prompt?: unknown };
    const prompt = given ? given(input) : own;
    if (typeof prompt === "string" && prompt !== "") return prompt;
    throw invalid("The prompt must be a text that is not empty.");
  };
}

/** An option, or an input, that is not taken. */
export function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
