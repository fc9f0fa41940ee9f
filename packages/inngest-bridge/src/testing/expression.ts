import { known } from "./calls.ts";
import { isObject, type Json } from "./canonical.ts";
import { TestInngestError } from "./errors.ts";
import { type Node, parse, type Relation } from "./parser.ts";

/** What an expression can name. */
export type Scope = { readonly [name in "event" | "async"]?: Json };

/** A checked expression over `event` and, in waits and cancellations, `async`. */
export interface Expression {
  readonly source: string;
  /** Throws `UNSUPPORTED_EXPRESSION` for an operand that CEL has no such operation for. */
  value(scope: Scope): Json;
  /** The same where it is a whole number of CEL: a literal, or what `int` and `size` give. A number of an event is none. */
  whole(scope: Scope): number | undefined;
  /** Whether it is true; an operand that CEL has no such operation for makes it not so. */
  holds(scope: Scope): boolean;
  /** Whether it has comparisons, logic and choices alone: no function, no method, no sum. */
  readonly isLogic: boolean;
}

/**
 * Reads the part of CEL that conditions and keys use: comparisons, `in`, `&&`, `||`, `!`, `? :`, `+`,
 * parentheses, literals, lists, paths like `event.data.id` or `async.data["a b"][0]`, and the functions
 * of `known`. Anything else is `UNSUPPORTED_EXPRESSION`: it may well be right CEL. A path to nothing is `null`.
 */
export function readExpression(source: string): Expression {
  const root = parse(source);
  const value = (scope: Scope): Json => {
    const result = evaluate(root, scope);
    if (result === undefined) throw impossible(source);
    return result;
  };
  return {
    source,
    value,
    whole: (scope) => wholeOf(root, scope),
    holds: (scope) => evaluate(root, scope) === true,
    isLogic: partsOf(root).every(({ kind }) => kind !== "call" && kind !== "add"),
  };
}

function wholeOf(node: Node, scope: Scope): number | undefined {
  if (node.kind === "if")
    return wholeOf(evaluate(node.test, scope) === true ? node.yes : node.no, scope);
  const isSum =
    node.kind === "add" && [node.left, node.right].every((part) => isWhole(part, scope));
  const counts = isSum || node.kind === "literal" || node.kind === "call";
  return counts ? numberIn(evaluate(node, scope)) : undefined;
}

function isWhole(node: Node, scope: Scope): boolean {
  return wholeOf(node, scope) !== undefined;
}

function numberIn(value: Value): number | undefined {
  return Number.isInteger(value) ? (value as number) : undefined;
}

/** A node and all that it is made of. */
function partsOf(node: Node): readonly Node[] {
  const parts = Object.values(node).flatMap((part: unknown) =>
    Array.isArray(part) ? part.filter(isNode) : [part].filter(isNode),
  );
  return [node, ...parts.flatMap(partsOf)];
}

function isNode(part: unknown): part is Node {
  return typeof part === "object" && part !== null && "kind" in part;
}

type Value = Json | undefined;

/** The value of a node; nothing where its operands have no such operation. */
function evaluate(node: Node, scope: Scope): Value {
  const of = evaluators[node.kind] as (one: Node, within: Scope) => Value;
  return of(node, scope);
}

const evaluators: {
  readonly [K in Node["kind"]]: (node: Extract<Node, { readonly kind: K }>, scope: Scope) => Value;
} = {
  literal: ({ value }) => value,
  path: ({ keys }, scope) => follow(keys, scope),
  list: ({ items }, scope) => allOf(items, scope),
  not: ({ of }, scope) => evaluate(of, scope) !== true,
  if: ({ test, yes, no }, scope) => evaluate(evaluate(test, scope) === true ? yes : no, scope),
  call: ({ name, args }, scope) => callOf(name, allOf(args, scope)),
  and: ({ left, right }, scope) =>
    evaluate(left, scope) === true && evaluate(right, scope) === true,
  or: ({ left, right }, scope) => evaluate(left, scope) === true || evaluate(right, scope) === true,
  add: ({ left, right }, scope) => add(evaluate(left, scope), evaluate(right, scope)),
  relation: ({ is, left, right }, scope) => {
    const [one, other] = [evaluate(left, scope), evaluate(right, scope)];
    return one === undefined || other === undefined ? undefined : related[is](one, other);
  },
};

const related: { readonly [is in Relation]: (left: Json, right: Json) => boolean | undefined } = {
  "==": areEqual,
  "!=": (left, right) => !areEqual(left, right),
  "<": (left, right) => ordered(left, right, (order) => order < 0),
  "<=": (left, right) => ordered(left, right, (order) => order <= 0),
  ">": (left, right) => ordered(left, right, (order) => order > 0),
  ">=": (left, right) => ordered(left, right, (order) => order >= 0),
  in: isIn,
};

function allOf(nodes: readonly Node[], scope: Scope): readonly Json[] | undefined {
  const values = nodes.flatMap((node) => {
    const value = evaluate(node, scope);
    return value === undefined ? [] : [value];
  });
  return values.length < nodes.length ? undefined : values;
}

function callOf(name: string, values: readonly Json[] | undefined): Json | undefined {
  return values === undefined ? undefined : known.get(name)?.of(...values);
}

function follow(keys: readonly (string | number)[], scope: Scope): Json {
  let at: unknown = scope;
  for (const key of keys) {
    if (Array.isArray(at)) at = typeof key === "number" ? at[key] : undefined;
    else at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return (at ?? null) as Json;
}

function add(left: Json | undefined, right: Json | undefined): Json | undefined {
  if (typeof left === "string" && typeof right === "string") return left + right;
  return typeof left === "number" && typeof right === "number" ? left + right : undefined;
}

function areEqual(left: Json, right: Json): boolean {
  if (typeof left !== "object" || typeof right !== "object") return left === right;
  return JSON.stringify(left) === JSON.stringify(right);
}

function isIn(item: Json, all: Json): boolean | undefined {
  if (Array.isArray(all)) return all.some((one: Json) => areEqual(item, one));
  return isObject(all) && typeof item === "string" ? Object.hasOwn(all, item) : undefined;
}

/** Numbers by size, texts by UTF-16 unit; nothing between others. */
function ordered(left: Json, right: Json, test: (order: number) => boolean): boolean | undefined {
  if (typeof left === "number" && typeof right === "number") return test(left - right);
  if (typeof left !== "string" || typeof right !== "string") return undefined;
  return test(left < right ? -1 : Number(left > right));
}

function impossible(source: string): TestInngestError {
  return new TestInngestError(
    "UNSUPPORTED_EXPRESSION",
    `The expression "${source}" has an operand that its operation does not take, such as a text added to nothing.`,
  );
}
