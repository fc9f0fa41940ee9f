const vocabulary: readonly string[] = [
  ..."the user prefers dark mode and lives in Berlin with two cats don't e-mail node.js 3.14 Straße".split(
    " ",
  ),
  ..."Müller wohnt über der Bäckerei und trinkt MÜLLER Kaffee strasse ΟΔΟΣ οδος İstanbul".split(
    " ",
  ),
  "東京都に住んでいます。",
  "京都の猫が好き、",
  "コーヒーを飲む",
  "ｺｰﾋｰ",
  "我喜欢北京的茶。",
  "北京烤鸭",
  "서울에서 ",
  "서울 ",
  "ไปกินข้าวที่ร้านอาหาร",
  "ข้าว ",
  "سأذهب",
  "إلى المدرسة",
  "👍🏽 ",
  "👍 ",
  "❤️",
  "❤ ",
  "👨‍👩‍👧",
  "🇩🇪",
  "𠮷野家 ",
  "\ud83d",
  "\u0000",
  "々 ",
  "Ⅻ",
  "ﬁsh",
];

/** Numbers in [0, 1) that follow from a seed. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A text of words of many scripts, with and without spaces between them. */
export function randomText(random: () => number, most = 12): string {
  const length = 1 + Math.floor(random() * most);
  let text = "";
  for (let index = 0; index < length; index += 1)
    text += pick(random, vocabulary) + (random() < 0.8 ? " " : "");
  return text;
}

/** One of a list. */
export function pick<T>(random: () => number, list: readonly T[]): T {
  const picked = list[Math.floor(random() * list.length)];
  if (picked === undefined) throw new Error("The list is empty.");
  return picked;
}
