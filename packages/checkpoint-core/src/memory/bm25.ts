/*
 * BM25 as Robertson and Zaragoza give it, with the inverse document frequency of Lucene, which is never negative:
 *
 *   score(text) = sum over the query's distinct words w, in their order, of
 *     ln(1 + (N - n + 0.5) / (n + 0.5)) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average))
 *
 * N texts of which n hold w; tf how often w stands in the text; length its words; average over all N.
 */

/** How soon further occurrences of a word stop counting. */
const K1 = 1.2;
/** How much the length of a text counts. */
const B = 0.75;

/** A text that holds some word of the query. */
export interface Row<T> {
  readonly of: T;
  /** Words in the text. */
  readonly length: number;
  /** How often each word of the query stands in it, in the query's order. */
  readonly counts: readonly number[];
}

/** What one collection of texts knows about a query. */
export interface Hits<T> {
  /** Texts in the collection, those without a word of the query too. */
  readonly texts: number;
  /** Words of all these texts. */
  readonly words: number;
  readonly rows: readonly Row<T>[];
}

/** Something that was ranked. */
export interface Scored<T> {
  readonly of: T;
  readonly score: number;
}

/** The scores of all rows, as if the collections were one. Rows come in the order in which they were given. */
export function bm25<T>(collections: readonly Hits<T>[]): Scored<T>[] {
  const texts = sum(collections.map((hits) => hits.texts));
  const average = sum(collections.map((hits) => hits.words)) / texts;
  const rows = collections.flatMap((hits) => hits.rows);
  const weights = (rows[0]?.counts ?? []).map((_, index) => {
    const holding = rows.filter(({ counts }) => (counts[index] ?? 0) > 0).length;
    return Math.log(1 + (texts - holding + 0.5) / (holding + 0.5));
  });
  return rows.map(({ of, length, counts }) => {
    const norm = K1 * (1 - B + (B * length) / average);
    let score = 0;
    for (const [index, weight] of weights.entries()) {
      const count = counts[index] ?? 0;
      if (count > 0) score += (weight * count * (K1 + 1)) / (count + norm);
    }
    return { of, score };
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
