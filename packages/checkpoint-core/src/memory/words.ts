/*
 * What counts as a word, for the search in memories. The rules are few, so that anybody can write them again:
 *
 *   1. The text is folded: NFKC, upper case, lower case, NFKC again; a typographic apostrophe (U+2019) becomes a plain one. So Straße is strasse, Ｔｅａ is tea, ΣΟΦΟΣ is σοφος.
 *   2. A run of Chinese, Japanese and Korean letters gives each pair of neighbours, and each Chinese character (kanji) alone as well; a run of one letter gives that letter.
 *      These scripts are written without spaces, or with endings, and pairs find a word wherever it stands; a dictionary would cut a text and a query differently.
 *   3. Everything else is cut by `Intl.Segmenter` (word boundaries; by dictionary for Thai, Lao, Khmer and Burmese). What it calls word-like is a word.
 *   4. An emoji is a word, without its skin tone and without variation selectors. Other signs and spaces are none.
 *
 * There is no stemmer and no list of stop words: "cat" does not find "cats". Accents count: "uber" does not find "über".
 */

/** Cuts texts into words. */
export interface Words {
  /** The words of a text in their order, each as often as it stands there. */
  of(text: string): readonly string[];
}

/** Words by the rules above. `locale` is what `Intl.Segmenter` gets; the root locale when not given. Throws a `RangeError` for what is no locale. */
export function words(locale = "und"): Words {
  const segmenter = new Intl.Segmenter(locale, { granularity: "word" });
  return {
    of(text) {
      const folded = fold(text);
      const found: string[] = [];
      let at = 0;
      for (const { 0: run, index } of folded.matchAll(DENSE_RUN)) {
        addSegments(segmenter, folded.slice(at, index), found);
        addPairs(Array.from(run), found);
        at = index + run.length;
      }
      addSegments(segmenter, folded.slice(at), found);
      return found;
    },
  };
}

/** Letters of the scripts that are cut into pairs: their marks of length and repetition too, their punctuation not. */
const DENSE_RUN = /(?:(?=[\p{L}\p{M}\p{N}])[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}])+/gu;
const IDEOGRAPH = /\p{scx=Hani}/u;
const KANA = /[\p{scx=Hira}\p{scx=Kana}]/u;
const EMOJI = /[\p{Extended_Pictographic}\p{Regional_Indicator}]/u;
const EMOJI_VARIANTS = /[\p{Emoji_Modifier}\uFE0E\uFE0F]/gu;

function fold(text: string): string {
  return text
    .normalize("NFKC")
    .toUpperCase()
    .toLowerCase()
    .normalize("NFKC")
    .replaceAll("\u2019", "'");
}

function addPairs(letters: readonly string[], found: string[]): void {
  const [only] = letters;
  if (letters.length === 1 && only !== undefined) {
    found.push(only);
    return;
  }
  for (const [index, letter] of letters.entries()) {
    if (IDEOGRAPH.test(letter) && !KANA.test(letter)) found.push(letter);
    const next = letters[index + 1];
    if (next !== undefined) found.push(letter + next);
  }
}

function addSegments(segmenter: Intl.Segmenter, text: string, found: string[]): void {
  if (text.trim() === "") return;
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    if (isWordLike) found.push(segment);
    else if (EMOJI.test(segment)) found.push(segment.replaceAll(EMOJI_VARIANTS, ""));
  }
}
