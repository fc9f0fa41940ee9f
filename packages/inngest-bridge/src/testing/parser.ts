import { isFunction, isMethod, known } from "./calls.ts";
import type { Json } from "./canonical.ts";
import { TestInngestError } from "./errors.ts";
import { type Token, tokensOf } from "./token.ts";

export type Relation = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in";

export type Node =
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "path"; readonly keys: readonly (string | number)[] }
  | { readonly kind: "list"; readonly items: readonly Node[] }
  | { readonly kind: "not"; readonly of: Node }
  | { readonly kind: "if"; readonly test: Node; readonly yes: Node; readonly no: Node }
  /** A function, or a method with what it is called on as its first argument. */
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Node[] }
  | { readonly kind: "and" | "or" | "add"; readonly left: Node; readonly right: Node }
  | { readonly kind: "relation"; readonly is: Relation; readonly left: Node; readonly right: Node };

/** Reads a whole expression. What it does not know is `UNSUPPORTED_EXPRESSION`. */
export function parse(source: string): Node {
  return new Parser(source).whole();
}

const literals = new Map<string, Node>([
  ["true", { kind: "literal", value: true }],
  ["false", { kind: "literal", value: false }],
  ["null", { kind: "literal", value: null }],
]);

const relations: readonly Relation[] = ["==", "!=", "<=", ">=", "<", ">"];

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
    const node = this.#choice();
    if (this.#next.kind !== "end") throw this.#unsupported(this.#next.text);
    return node;
  }

  get #next(): Token {
    return this.#tokens[this.#place] ?? { kind: "end", text: "" };
  }

  #choice(): Node {
    const test = this.#or();
    if (!this.#eat("?")) return test;
    const yes = this.#or();
    this.#must(":");
    return { kind: "if", test, yes, no: this.#choice() };
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
    const left = this.#sum();
    const is =
      relations.find((sign) => this.#eat(sign)) ?? (this.#eatName("in") ? "in" : undefined);
    return is === undefined ? left : { kind: "relation", is, left, right: this.#sum() };
  }

  #sum(): Node {
    let left = this.#unary();
    while (this.#eat("+")) left = { kind: "add", left, right: this.#unary() };
    return left;
  }

  #unary(): Node {
    if (this.#eat("!")) return { kind: "not", of: this.#unary() };
    let node = this.#operand();
    while (this.#eat(".")) node = this.#method(node);
    return node;
  }

  #operand(): Node {
    if (this.#eat("(")) {
      const inner = this.#choice();
      this.#must(")");
      return inner;
    }
    if (this.#eat("[")) return { kind: "list", items: this.#items("]") };
    const { kind, text } = this.#next;
    this.#place += 1;
    if (kind === "string") return { kind: "literal", value: text };
    if (kind === "number") return { kind: "literal", value: Number(text) };
    if (kind === "name") return this.#named(text);
    throw this.#unsupported(text);
  }

  #named(name: string): Node {
    const literal = literals.get(name);
    if (literal !== undefined) return literal;
    if (name === "event" || name === "async") return this.#path(name);
    if (isFunction(name) && this.#eat("(")) return this.#call(name, []);
    throw this.#unsupported(name);
  }

  /** A path ends where a method is called on it. */
  #path(root: string): Node {
    const keys: (string | number)[] = [root];
    for (;;) {
      const [, name, open] = this.#tokens.slice(this.#place, this.#place + 3);
      const isCall = name?.kind === "name" && open?.kind === "sign" && open.text === "(";
      if (!isCall && this.#eat(".")) keys.push(this.#key("name"));
      else if (this.#eat("[")) {
        keys.push(this.#next.kind === "number" ? Number(this.#key("number")) : this.#key("string"));
        this.#must("]");
      } else return { kind: "path", keys };
    }
  }

  #method(on: Node): Node {
    const name = this.#key("name");
    if (!isMethod(name)) throw this.#unsupported(name);
    this.#must("(");
    return this.#call(name, [on]);
  }

  #call(name: string, first: readonly Node[]): Node {
    const args = [...first, ...this.#items(")")];
    if (args.length !== known.get(name)?.takes) throw this.#unsupported(name);
    return { kind: "call", name, args };
  }

  #items(end: string): Node[] {
    const items: Node[] = [];
    while (!this.#eat(end)) {
      if (items.length > 0) this.#must(",");
      items.push(this.#choice());
    }
    return items;
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

  #eatName(name: string): boolean {
    const isHere = this.#next.kind === "name" && this.#next.text === name;
    if (isHere) this.#place += 1;
    return isHere;
  }

  #must(sign: string): void {
    if (!this.#eat(sign)) throw this.#unsupported(this.#next.text);
  }

  #unsupported(near: string): TestInngestError {
    return new TestInngestError(
      "UNSUPPORTED_EXPRESSION",
      `The expression "${this.#source}" uses more of CEL than comparisons, in, &&, ||, !, ? :, +, parentheses, literals, lists, paths of event and async, and ${[...known.keys()].join(", ")} (near "${near}").`,
    );
  }
}
