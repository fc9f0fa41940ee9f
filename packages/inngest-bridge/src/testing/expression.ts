import { isObject, type Json } from "./canonical.ts";
import { TestInngestError } from "./errors.ts";

/** A checked expression; evaluates over `event` and, in waits and cancellations, `async`. */
export interface Expression {
  readonly source: string;
  value(scope: Scope): Json;
  holds(scope: Scope): boolean;
}

export type Scope = { readonly [name: string]: Json | undefined };

type Node =
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "path"; readonly keys: readonly (string | number)[] }
  | { readonly kind: "not"; readonly of: Node }
  | {
      readonly kind: "both" | "either" | "same" | "other";
      readonly left: Node;
      readonly right: Node;
    };

interface Token {
  readonly kind: "name" | "number" | "string" | "sign" | "end";
  readonly text: string;
}

/**
 * Reads the part of CEL that tests need: `==`, `!=`, `&&`, `||`, `!`, parentheses, literals,
 * and paths like `event.data.id` or `async.data["a b"][0]`. Anything else is
 * `UNSUPPORTED_EXPRESSION`: it may well be right CEL. A path to nothing is `null`.
 */
export function readExpression(source: string): Expression {
  const root = parse(source);
  return {
    source,
    value: (scope) => evaluate(root, scope),
    holds: (scope) => evaluate(root, scope) === true,
  };
}

const pattern =
  /\s*(?:([A-Za-z_][A-Za-z0-9_]*)|(-?\d+(?:\.\d+)?)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(==|!=|&&|\|\||[!().[\]]))\s*/gy;

function tokens(source: string): Token[] {
  const found: Token[] = [];
  let read = 0;
  for (const [text, name, number, quoted, sign] of source.matchAll(pattern)) {
    read += text.length;
    if (name !== undefined) found.push({ kind: "name", text: name });
    else if (number !== undefined) found.push({ kind: "number", text: number });
    else if (quoted !== undefined) found.push({ kind: "string", text: unquote(quoted) });
    else found.push({ kind: "sign", text: sign ?? "" });
  }
  if (read !== source.length || found.length === 0) throw unsupported(source, source.slice(read));
  return found;
}

function unquote(quoted: string): string {
  const escapes = new Map([
    ["n", "\n"],
    ["t", "\t"],
    ["r", "\r"],
  ]);
  return quoted.slice(1, -1).replaceAll(/\\(.)/gsu, (_, char: string) => escapes.get(char) ?? char);
}

function parse(source: string): Node {
  const list = tokens(source);
  let place = 0;
  const peek = (): Token => list[place] ?? { kind: "end", text: "" };
  const eat = (text: string): boolean => {
    const hit = peek().kind === "sign" && peek().text === text;
    if (hit) place += 1;
    return hit;
  };
  const must = (text: string): void => {
    if (!eat(text)) throw unsupported(source, peek().text);
  };
  function either(): Node {
    let left = both();
    while (eat("||")) left = { kind: "either", left, right: both() };
    return left;
  }
  function both(): Node {
    let left = comparison();
    while (eat("&&")) left = { kind: "both", left, right: comparison() };
    return left;
  }
  function comparison(): Node {
    const left = unary();
    if (eat("==")) return { kind: "same", left, right: unary() };
    if (eat("!=")) return { kind: "other", left, right: unary() };
    return left;
  }
  function unary(): Node {
    if (eat("!")) return { kind: "not", of: unary() };
    if (!eat("(")) return operand();
    const inner = either();
    must(")");
    return inner;
  }
  function operand(): Node {
    const token = peek();
    place += 1;
    if (token.kind === "string") return { kind: "literal", value: token.text };
    if (token.kind === "number") return { kind: "literal", value: Number(token.text) };
    if (token.kind !== "name") throw unsupported(source, token.text);
    return literals.get(token.text) ?? path(token.text);
  }
  function path(root: string): Node {
    if (root !== "event" && root !== "async") throw unsupported(source, root);
    const keys: (string | number)[] = [root];
    for (;;) {
      if (eat(".")) keys.push(key("name"));
      else if (eat("[")) {
        keys.push(peek().kind === "number" ? Number(key("number")) : key("string"));
        must("]");
      } else return { kind: "path", keys };
    }
  }
  function key(kind: Token["kind"]): string {
    if (peek().kind !== kind) throw unsupported(source, peek().text);
    place += 1;
    return list[place - 1]?.text ?? "";
  }
  const root = either();
  if (peek().kind !== "end") throw unsupported(source, peek().text);
  return root;
}

const literals = new Map<string, Node>([
  ["true", { kind: "literal", value: true }],
  ["false", { kind: "literal", value: false }],
  ["null", { kind: "literal", value: null }],
]);

function evaluate(node: Node, scope: Scope): Json {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "path":
      return follow(node.keys, scope);
    case "not":
      return evaluate(node.of, scope) !== true;
    case "both":
      return evaluate(node.left, scope) === true && evaluate(node.right, scope) === true;
    case "either":
      return evaluate(node.left, scope) === true || evaluate(node.right, scope) === true;
    case "same":
      return same(evaluate(node.left, scope), evaluate(node.right, scope));
    case "other":
      return !same(evaluate(node.left, scope), evaluate(node.right, scope));
  }
}

function follow(keys: readonly (string | number)[], scope: Scope): Json {
  let at: unknown = scope;
  for (const key of keys) {
    if (Array.isArray(at)) at = typeof key === "number" ? at[key] : undefined;
    else at = isObject(at) && Object.hasOwn(at, key) ? at[String(key)] : undefined;
  }
  return (at ?? null) as Json;
}

function same(left: Json, right: Json): boolean {
  return (
    left === right || (typeof left === "object" && JSON.stringify(left) === JSON.stringify(right))
  );
}

function unsupported(source: string, near: string): TestInngestError {
  return new TestInngestError(
    "UNSUPPORTED_EXPRESSION",
    `The expression "${source}" uses more of CEL than ==, !=, &&, ||, !, parentheses, literals and paths of event and async (near "${near}").`,
  );
}
