/** What an option is called here, or where it belongs, as the end of a sentence that refuses it; nothing where nobody knows what was meant. */
export function meant(known: Readonly<Record<string, string>>, option: string): string {
  return Object.hasOwn(known, option) ? `: ${known[option]}` : "";
}
