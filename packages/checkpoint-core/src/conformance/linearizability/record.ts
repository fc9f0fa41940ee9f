import type { Answer, Call, Operation } from "./operation.ts";

/** What is written down of an operation, each line before anything else happens: one when it is asked, and one when it is over, if that is ever seen. */
export type Line =
  | {
      readonly id: string;
      readonly client: string;
      readonly partition: string;
      readonly call: Call;
      readonly start: number;
    }
  | { readonly id: string; readonly end: number; readonly answer: Answer }
  /** It failed with this code; `never` where the code says that nothing was done. */
  | { readonly id: string; readonly code: string; readonly never: boolean };

/** A history, with what does not stand in it. */
export interface Recorded {
  /** Without those that surely were not done. */
  readonly operations: readonly Operation[];
  /** Operations that were refused before anything was done. */
  readonly never: number;
  /** How often an operation failed with a code. */
  readonly codes: Readonly<Record<string, number>>;
}

/** Puts lines together, in whatever order several clients wrote them. */
export function recordedIn(lines: readonly Line[]): Recorded {
  const operations = new Map<string, Operation>();
  const codes: Record<string, number> = {};
  let never = 0;
  for (const line of lines) {
    if ("call" in line) {
      const { client, partition, call, start } = line;
      operations.set(line.id, { client, partition, call, start });
    }
  }
  for (const line of lines) {
    const asked = operations.get(line.id);
    if (asked && "answer" in line)
      operations.set(line.id, { ...asked, end: line.end, answer: line.answer });
    if (!("code" in line)) continue;
    codes[line.code] = (codes[line.code] ?? 0) + 1;
    if (!line.never) continue;
    never += 1;
    operations.delete(line.id);
  }
  return { operations: [...operations.values()], never, codes };
}

/** The lines of a file that a process wrote; what it was killed in the middle of writing is no line. */
export function linesOf(text: string): readonly Line[] {
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Line]));
}

/** Microseconds of a clock that is the machine's, so that times of several processes can be compared: `process.hrtime` reads the monotonic clock, which counts from the boot. */
export function machineTime(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}
