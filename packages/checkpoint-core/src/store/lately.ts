/** What was made for the names that were asked for last: at most `most` of them are kept, in two halves, of which the older is forgotten when the younger is full. */
export function lately<T extends object>(
  most: number,
  make: (name: string) => T,
): (name: string) => T {
  let [younger, older] = [new Map<string, T>(), new Map<string, T>()];
  return (name) => {
    const kept = younger.get(name);
    if (kept) return kept;
    const made = older.get(name) ?? make(name);
    if (younger.size >= most / 2) [younger, older] = [new Map(), younger];
    younger.set(name, made);
    return made;
  };
}
