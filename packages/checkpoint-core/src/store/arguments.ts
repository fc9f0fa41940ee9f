import { decodeText, encodeText } from "../codec/text.ts";
import { StorageError } from "../errors.ts";

/** The value as the store will give it back: a copy of our own, so that what the caller does with theirs later changes nothing. Throws `UNSUPPORTED_VALUE` or `TOO_LARGE`. */
export function copyOf<T>(value: T): T {
  return decodeText(encodeText(value)) as T;
}

/** Refuses what is not an object. */
export function checkObject(what: string, value: unknown): void {
  if (typeof value !== "object" || value === null)
    throw new StorageError("INVALID_ARGUMENT", `${what} must be an object.`);
}

/** Refuses what is not a list. */
export function checkList(what: string, value: unknown): void {
  if (!Array.isArray(value))
    throw new StorageError("INVALID_ARGUMENT", `${what} must be an array.`);
}

/** Refuses what is not a string. */
export function checkText(what: string, value: unknown): void {
  if (typeof value !== "string")
    throw new StorageError("INVALID_ARGUMENT", `${what} must be a string.`);
}

/** Refuses a word that is not one of these. */
export function checkOneOf(what: string, value: unknown, words: readonly string[]): void {
  if (typeof value !== "string" || !words.includes(value))
    throw new StorageError("INVALID_ARGUMENT", `${what} must be one of ${words.join(", ")}.`);
}
