/** The fields of what should be an object; none of anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** A whole number. */
export function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** A string. */
export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** A string, or nothing. */
export function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || isText(value);
}

/** A whole number, or nothing. */
export function isOptional(value: unknown): value is number | undefined {
  return value === undefined || isNumber(value);
}
