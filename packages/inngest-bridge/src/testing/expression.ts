import { isObject, type Json } from "./canonical.ts";
import { type Node, parse } from "./parser.ts";

/** What an expression can name. */
export type Scope = { readonly [name in "event" | "async"]?: Json };

/** A checked expression over `event` and, in waits and cancellations, `async`. */
export interface Expression {
  readonly source: string;
  value(scope: Scope): Json;
  holds(scope: Scope): boolean;
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

function evaluate(node: Node, scope: Scope): Json {
  if (node.kind === "literal") return node.value;
  if (node.kind === "path") return follow(node.keys, scope);
  if (node.kind === "not") return evaluate(node.of, scope) !== true;
  const left = evaluate(node.left, scope);
  if (node.kind === "and" && left !== true) return false;
  if (node.kind === "or" && left === true) return true;
  const right = evaluate(node.right, scope);
  if (node.kind === "and" || node.kind === "or") return right === true;
  return areEqual(left, right) === (node.kind === "equal");
}

function follow(keys: readonly (string | number)[], scope: Scope): Json {
  let at: unknown = scope;
  for (const key of keys) {
    if (Array.isArray(at)) at = typeof key === "number" ? at[key] : undefined;
    else at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return (at ?? null) as Json;
}

function areEqual(left: Json, right: Json): boolean {
  if (typeof left !== "object" || typeof right !== "object") return left === right;
  return JSON.stringify(left) === JSON.stringify(right);
}
