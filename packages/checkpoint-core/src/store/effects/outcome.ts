import { isStorageError } from "../../errors.ts";
import { copyOf } from "../arguments.ts";
import type { EffectOutcome } from "./contract.ts";

/** What is stored of a value that the work answered: a copy of it, or why it could not be kept. It never throws, because the effect has happened. */
export function outcomeOf<T>(value: T): EffectOutcome<T> {
  try {
    return { value: copyOf(value) };
  } catch (error) {
    return unkeptBy(error);
  }
}

/** The outcome of which the value was refused with this error. */
export function unkeptBy(error: unknown): Extract<EffectOutcome, { readonly value?: undefined }> {
  const { message } = describeError(error);
  const code = isStorageError(error) ? error.code : "UNSUPPORTED_VALUE";
  return { unkept: { code, message } };
}

/** The longest text of an error that is kept, in UTF-16 units. */
const MAX_TEXT = 2000;

/** An error in words, whatever was thrown. */
export function describeError(error: unknown): { readonly name: string; readonly message: string } {
  try {
    const { name, message }: { readonly name: unknown; readonly message: unknown } =
      error instanceof Error ? error : { name: "Error", message: error };
    return { name: String(name).slice(0, MAX_TEXT), message: String(message).slice(0, MAX_TEXT) };
  } catch {
    // A getter or a toString of what was thrown has thrown: there are no words for it.
    return { name: "Error", message: "The work threw what cannot be put into words." };
  }
}
