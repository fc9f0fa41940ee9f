/** A text that crosses JSON whole: half a surrogate pair, as a cut leaves it, becomes U+FFFD. */
export function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
