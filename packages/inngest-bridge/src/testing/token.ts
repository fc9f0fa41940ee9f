/** A word of an expression. */
export interface Token {
  readonly kind: "name" | "number" | "string" | "sign" | "end";
  readonly text: string;
}

const pattern =
  /\s*(?:([A-Za-z_][A-Za-z0-9_]*)|(-?\d+(?:\.\d+)?)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(==|!=|<=|>=|&&|\|\||[!().[\]<>+?:,]))\s*/gy;

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
    else if (quoted !== undefined) tokens.push({ kind: "string", text: unquote(quoted) });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
  }
  return { tokens, rest: source.slice(read) };
}

const escapes = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
]);

function unquote(quoted: string): string {
  const inside = quoted.slice(1, -1);
  return inside.replaceAll(/\\(.)/gsu, (_, char: string) => escapes.get(char) ?? char);
}
