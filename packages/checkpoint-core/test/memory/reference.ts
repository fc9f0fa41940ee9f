/*
 * BM25 once more, written from the rules in `src/memory` and from nothing else of theirs: no index, no cache, every text cut anew for every word.
 */

/** A text of the reference's collection, in the order of creation. */
export interface ReferenceText {
  readonly id: string;
  readonly text: string;
}

/** The ids and scores of the texts that share a word with the query: best first, of equal ones the last created. */
export function referenceRanking(
  texts: readonly ReferenceText[],
  query: string,
): readonly { readonly id: string; readonly score: number }[] {
  const cut = texts.map(({ id, text }) => ({ id, words: referenceWords(text) }));
  const average = cut.reduce((total, { words }) => total + words.length, 0) / cut.length;
  const wanted = [...new Set(referenceWords(query))].map((word) => {
    const holding = cut.filter((one) => one.words.includes(word)).length;
    return { word, idf: Math.log(1 + (cut.length - holding + 0.5) / (holding + 0.5)) };
  });
  const scored = cut.map(({ id, words }) => {
    let score = 0;
    for (const { word, idf } of wanted) {
      const count = words.filter((one) => one === word).length;
      score += (idf * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * words.length) / average));
    }
    return { id, score };
  });
  return scored
    .toReversed()
    .filter(({ score }) => score > 0)
    .toSorted((one, other) => other.score - one.score);
}

/** The words of a text, one character at a time. */
export function referenceWords(text: string): string[] {
  const folded = text
    .normalize("NFKC")
    .toUpperCase()
    .toLowerCase()
    .normalize("NFKC")
    .split("\u2019")
    .join("'");
  const words: string[] = [];
  let dense: string[] = [];
  let sparse = "";
  for (const letter of folded) {
    if (isDense(letter)) {
      words.push(...segments(sparse));
      sparse = "";
      dense.push(letter);
    } else {
      words.push(...pairs(dense));
      dense = [];
      sparse += letter;
    }
  }
  return [...words, ...segments(sparse), ...pairs(dense)];
}

const scripts = ["Hani", "Hira", "Kana", "Hang"].map(
  (script) => new RegExp(`^\\p{Script_Extensions=${script}}$`, "u"),
);

function isDense(letter: string): boolean {
  return /^[\p{L}\p{M}\p{N}]$/u.test(letter) && scripts.some((script) => script.test(letter));
}

function pairs(letters: readonly string[]): readonly string[] {
  if (letters.length < 2) return letters;
  const words: string[] = [];
  letters.forEach((letter, index) => {
    const [han, hira, kana] = scripts.map((script) => script.test(letter));
    if (han && !hira && !kana) words.push(letter);
    if (index + 1 < letters.length) words.push(`${letter}${letters[index + 1]}`);
  });
  return words;
}

function segments(text: string): readonly string[] {
  return [...new Intl.Segmenter("und", { granularity: "word" }).segment(text)].flatMap(
    ({ segment, isWordLike }) => {
      if (isWordLike) return [segment];
      const isEmoji = Array.from(segment).some((letter) =>
        /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(letter),
      );
      const bare = Array.from(segment).filter(
        (letter) => !/\p{Emoji_Modifier}|[\uFE0E\uFE0F]/u.test(letter),
      );
      return isEmoji ? [bare.join("")] : [];
    },
  );
}
