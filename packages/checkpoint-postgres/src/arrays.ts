/** Texts as the literal of an array: a client that is not node-postgres may write arrays otherwise, or not at all. */
export function textArray(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`).join()}}`;
}
