import type { Json } from "./canonical.ts";
import { TestInngestError } from "./errors.ts";
import { type Token, tokensOf } from "./token.ts";

export type Node =
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "path"; readonly keys: readonly (string | number)[] }
  | { readonly kind: "not"; readonly of: Node }
  | {
      readonly kind: "and" | "or" | "equal" | "unequal";
      readonly left: Node;
      readonly right: Node;
    };

/** Reads a whole expression. What it does not know is `UNSUPPORTED_EXPRESSION`. */
export function parse(source: string): Node {
  return new Parser(source).whole();
}

const literals = new Map<string, Node>([
  ["true", { kind: "literal", value: true }],
  ["false", { kind: "literal", value: false }],
  ["null", { kind: "literal", value: null }],
]);

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #place = 0;

  constructor(source: string) {
    const { tokens, rest } = tokensOf(source);
    this.#source = source;
    this.#tokens = tokens;
    if (rest !== "" || tokens.length === 0) throw this.#unsupported(rest);
  }

  whole(): Node {
    const node = this.#or();
    if (this.#next.kind !== "end") throw this.#unsupported(this.#next.text);
    return node;
  }

  get #next(): Token {
    return this.#tokens[this.#place] ?? { kind: "end", text: "" };
  }

  #or(): Node {
    let left = this.#and();
    while (this.#eat("||")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Node {
    let left = this.#comparison();
    while (this.#eat("&&")) left = { kind: "and", left, right: this.#comparison() };
    return left;
  }

  #comparison(): Node {
    const left = this.#unary();
    if (this.#eat("==")) return { kind: "equal", left, right: this.#unary() };
    if (this.#eat("!=")) return { kind: "unequal", left, right: this.#unary() };
    return left;
  }

  #unary(): Node {
    if (this.#eat("!")) return { kind: "not", of: this.#unary() };
    if (!this.#eat("(")) return this.#operand();
    const inner = this.#or();
    this.#must(")");
    return inner;
  }

  #operand(): Node {
    const { kind, text } = this.#next;
    this.#place += 1;
    if (kind === "string") return { kind: "literal", value: text };
    if (kind === "number") return { kind: "literal", value: Number(text) };
    const literal = kind === "name" ? literals.get(text) : undefined;
    if (literal !== undefined) return literal;
    if (kind === "name" && (text === "event" || text === "async")) return this.#path(text);
    throw this.#unsupported(text);
  }

  #path(root: string): Node {
    const keys: (string | number)[] = [root];
    for (;;) {
      if (this.#eat(".")) keys.push(this.#key("name"));
      else if (this.#eat("[")) {
        keys.push(this.#next.kind === "number" ? Number(this.#key("number")) : this.#key("string"));
        this.#must("]");
      } else return { kind: "path", keys };
    }
  }

  #key(kind: Token["kind"]): string {
    const { kind: found, text } = this.#next;
    if (found !== kind) throw this.#unsupported(text);
    this.#place += 1;
    return text;
  }

  #eat(sign: string): boolean {
    const isHere = this.#next.kind === "sign" && this.#next.text === sign;
    if (isHere) this.#place += 1;
    return isHere;
  }

  #must(sign: string): void {
    if (!this.#eat(sign)) throw this.#unsupported(this.#next.text);
  }

  #unsupported(near: string): TestInngestError {
    return new TestInngestError(
      "UNSUPPORTED_EXPRESSION",
      `The expression "${this.#source}" uses more of CEL than ==, !=, &&, ||, !, parentheses, literals and paths of event and async (near "${near}").`,
    );
  }
}
