import { type Backend, ConflictError } from "@perdure/checkpoint-core";
import type { DrillResult } from "./drill.ts";

const WRITERS = 64;

/** Writers that all expect the same head, round after round: one wins each, the others get a `ConflictError`. */
export async function race(backend: Backend, rounds: number): Promise<DrillResult> {
  await backend.setup("create");
  let revision: number | undefined;
  let right = 0;
  for (let round = 0; round < rounds; round += 1) {
    const expect = revision ?? ("absent" as const);
    const results = await Promise.allSettled(
      Array.from({ length: WRITERS }, (_, writer) =>
        backend.write("raced", {
          writes: [{ op: "put", key: "head", value: Uint8Array.of(writer), expect }],
          now: 0,
        }),
      ),
    );
    const won = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const lost = results.filter(
      (result) => result.status === "rejected" && result.reason instanceof ConflictError,
    );
    if (won.length === 1 && lost.length === WRITERS - 1) right += 1;
    revision = won.at(-1)?.revision;
  }
  await backend[Symbol.asyncDispose]();
  return {
    name: `race ${backend.name}`,
    passed: right === rounds,
    line: `${WRITERS} writers on one head: in ${right} of ${rounds} rounds 1 winner and ${WRITERS - 1} ConflictErrors`,
  };
}
