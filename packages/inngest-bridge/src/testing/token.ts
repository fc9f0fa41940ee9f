/** A word of an expression. */
export interface Token {
  readonly kind: "name" | "number" | "string" | "sign" | "end";
  readonly text: string;
}

const pattern =
  /\s*(?:([A-Za-z_][A-Za-z0-9_]*)|(-?\d+(?:\.\d+)?)|("(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')|(==|!=|<=|>=|&&|\|\||[!().[\]<>+?:,]))\s*/gy;

/** The words of an expression, and what is left where the first unknown one stands. */
export function tokensOf(source: string): {
  readonly tokens: readonly Token[];
  readonly rest: string;
} {
  const tokens: Token[] = [];
  let read = 0;
  for (const [text, name, number, quoted, sign] of source.matchAll(pattern)) {
    read += text.length;
    if (name !== undefined) tokens.push({ kind: "name", text: name });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (quoted !== undefined) {
      const inside = unquote(quoted);
      if (inside === undefined) return { tokens, rest: quoted };
      tokens.push({ kind: "string", text: inside });
    } else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
  }
  return { tokens, rest: source.slice(read) };
}

const escapes = new Map([
  ["a", "\u0007"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ...["\\", "?", '"', "'", "`"].map((char) => [char, char] as const),
]);

const escaped =
  /\\(?:u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|[xX]([\dA-Fa-f]{2})|([0-3][0-7]{2})|(.))/gsu;

/** What stands between the quotes; nothing where an escape is none of CEL's. */
function unquote(quoted: string): string | undefined {
  let isKnown = true;
  const inside = quoted.slice(1, -1).replaceAll(escaped, (_, ...found: (string | undefined)[]) => {
    const [u, long, x, octal, char = ""] = found;
    const hex = u ?? long ?? x;
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    const known = escapes.get(char);
    isKnown &&= known !== undefined;
    return known ?? "";
  });
  return isKnown ? inside : undefined;
}
