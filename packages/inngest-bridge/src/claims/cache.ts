/** Texts that this process has seen, the last used ones up to a bound. */
export interface TextCache {
  get(key: string): string | undefined;
  set(key: string, text: string): void;
}

/** A cache of so many UTF-16 units of text. One that is larger by itself is not kept. */
export function textCache(maxUnits: number): TextCache {
  const texts = new Map<string, string>();
  let units = 0;
  const forget = (key: string): void => {
    units -= texts.get(key)?.length ?? 0;
    texts.delete(key);
  };
  return {
    get(key) {
      const text = texts.get(key);
      if (text === undefined) return undefined;
      texts.delete(key);
      texts.set(key, text);
      return text;
    },
    set(key, text) {
      forget(key);
      if (text.length > maxUnits) return;
      texts.set(key, text);
      units += text.length;
      for (const oldest of texts.keys()) {
        if (units <= maxUnits) return;
        forget(oldest);
      }
    },
  };
}
