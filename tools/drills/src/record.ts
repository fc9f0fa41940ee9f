import { readFile } from "node:fs/promises";

/** What a client wrote down, each at the moment when it happened: it begins an operation, is told that it was done, and under which id; is told of a failure; reads something else than what it wrote. */
export type Line =
  | { readonly begin: Operation }
  | {
      readonly done: Operation;
      readonly id: string;
      readonly replayed: boolean;
      readonly at: number;
    }
  | { readonly misread: string }
  /** `final` where no retry helps. */
  | {
      readonly failed: Operation;
      readonly code: string;
      readonly message: string;
      readonly final: boolean;
    };

/** The n-th operation of a client, counted from 1. */
export interface Operation {
  readonly client: string;
  readonly n: number;
}

/** Where a client's operation goes: every third one to the history that all share, the others to its own thread. */
export function isShared({ n }: Operation): boolean {
  return n % 3 === 0;
}

/** The last of a client's operations up to the n-th that went to its own thread. */
export function lastOwn(n: number): number {
  return isShared({ client: "", n }) ? n - 1 : n;
}

/** What an operation is called, also to the store. */
export function nameOf({ client, n }: Operation): string {
  return `${client}-${n}`;
}

export const SHARED = "shared";

/** A client's own thread. */
export function threadOf(client: string): string {
  return `own-${client}`;
}

/** The lines of a file; what stands of a line in whose middle its process was killed does not count. Empty when nothing was written yet. */
export async function linesOf(path: string): Promise<readonly Line[]> {
  const text = await readFile(path, { encoding: "utf8", flag: "a+" });
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Line]));
}
