/** Where something lies in a state: keys of objects and indexes of arrays, from the root. */
export type Path = readonly (string | number)[];

// An error message stays readable whatever the keys are.
const maxShown = 240;

/** `messages[3].content`, for error messages; the root is "the root". */
export function showPath(path: Path): string {
  if (path.length === 0) return "the root";
  const shown = path.map(showSegment).join("").replace(/^\./, "");
  return shown.length <= maxShown
    ? shown
    : `${shown.slice(0, maxShown / 2)}…${shown.slice(-maxShown / 2)}`;
}

function showSegment(segment: string | number): string {
  if (typeof segment === "number") return `[${segment}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(segment)
    ? `.${segment}`
    : `[${JSON.stringify(segment)}]`;
}
