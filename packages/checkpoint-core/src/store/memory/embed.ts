import { StorageError } from "../../errors.ts";
import type { Embedder } from "./contract.ts";

/** Texts that one call of an embedder gets: less than the least that the known services take. */
export const EMBED_BATCH = 32;

/** Makes vectors of texts, each text once however often it is asked for. Without an embedder there are none. */
export function embedded(
  embedder: Embedder | undefined,
): (texts: readonly string[]) => Promise<readonly (Float32Array | undefined)[]> {
  const known = new Map<string, Float32Array>();
  return async (texts) => {
    if (!embedder) return [];
    const fresh = [...new Set(texts)].filter((text) => !known.has(text));
    if (fresh.length > 0)
      for (const [index, vector] of (await vectorsOf(embedder, fresh)).entries())
        known.set(fresh[index] ?? "", vector);
    return texts.map((text) => known.get(text));
  };
}

/** A vector for each text. Throws what the embedder throws, and `INVALID_ARGUMENT` where it answers something else than it has promised. */
export async function vectorsOf(
  embedder: Embedder,
  texts: readonly string[],
): Promise<readonly Float32Array[]> {
  const { name, dimensions } = embedder;
  const answer: unknown = await embedder.embed(texts);
  if (!Array.isArray(answer) || answer.length !== texts.length)
    throw wrong(name, `did not answer a vector for each of ${texts.length} texts`);
  return answer.map((vector: unknown) => {
    const isList = Array.isArray(vector) || vector instanceof Float32Array;
    if (!isList || vector.length !== dimensions)
      throw wrong(name, `answered a vector that has not ${dimensions} dimensions`);
    const numbers = Float32Array.from(vector as ArrayLike<number>);
    if (!numbers.every(Number.isFinite))
      throw wrong(name, "answered a vector with something in it that is no number");
    return numbers;
  });
}

/** Refuses what is no embedder, when the store is made. */
export function checkEmbedder(embedder: Embedder): void {
  const { name, dimensions } = embedder;
  if (typeof name !== "string" || name === "")
    throw new StorageError("INVALID_ARGUMENT", "An embedder needs a name.");
  if (!Number.isSafeInteger(dimensions) || dimensions < 1 || dimensions > 16_384)
    throw new StorageError("INVALID_ARGUMENT", "An embedder's dimensions are 1 to 16,384.");
  if (typeof embedder.embed !== "function")
    throw new StorageError("INVALID_ARGUMENT", "An embedder needs a function embed.");
}

function wrong(name: string, what: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", `The embedder ${JSON.stringify(name)} ${what}.`);
}
