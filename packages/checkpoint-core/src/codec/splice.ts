import { IncompatibleError, StorageError } from "../errors.ts";
import {
  escapeKey,
  GrownList,
  isList,
  isObject,
  itemsOf,
  type Json,
  type JsonList,
  type JsonObject,
  setOwn,
} from "./json.ts";
import { fieldsOfPairs, objectOf } from "./pairs.ts";
import { type Path, showPath } from "./path.ts";
import type { Scale } from "./scale.ts";

/**
 * One step of a stored change. Values are tagged JSON, keys in paths are the user's own. The five steps say any change from one
 * state to another.
 *
 * | op | what is true after it |
 * |---|---|
 * | `set` | `value` lies at `at`: in place of the old one, or as the object's last key; an empty path means the whole state |
 * | `remove` | the key at the end of `at` is gone from its object |
 * | `items` | in the array at `at`, `insert` stands from `index` on in place of `remove` items |
 * | `text` | in the string at `at`, the same, counted in UTF-16 units |
 * | `order` | the keys of the object at `at` stand in this order; it is a permutation of them |
 */
export type Splice =
  | { readonly op: "set"; readonly at: Path; readonly value: Json }
  | { readonly op: "remove"; readonly at: Path }
  | {
      readonly op: "items";
      readonly at: Path;
      readonly index: number;
      readonly remove: number;
      readonly insert: readonly Json[];
    }
  | {
      readonly op: "text";
      readonly at: Path;
      readonly index: number;
      readonly remove: number;
      readonly insert: string;
    }
  | { readonly op: "order"; readonly at: Path; readonly keys: readonly string[] };

/**
 * The tree after one splice, in time proportional to the change and to the width of the objects and arrays on its path; an append at
 * the end of an array costs what is appended. `root` stays as it was, and shares with the answer what did not change. What is put in and
 * taken out goes over the scale, if there is one. Throws `CORRUPT` where the splice does not fit the tree.
 */
export function spliceTree(root: Json, splice: Splice, scale: Scale | undefined): Json {
  const { at } = splice;
  switch (splice.op) {
    case "set":
      if (at.length > 0) return edit(root, at, 0, at.length - 1, setAt(splice, scale));
      scale?.add(root, -1);
      scale?.add(splice.value);
      return splice.value;
    case "remove":
      if (at.length === 0) throw misfit(at);
      return edit(root, at, 0, at.length - 1, (parent) => removeAt(parent, at, scale));
    case "items":
      return edit(root, at, 0, at.length, (list) => spliceItems(list, splice, scale));
    case "text":
      return edit(root, at, 0, at.length, (text) => spliceText(text, splice, scale));
    case "order":
      return edit(root, at, 0, at.length, (object) => reorder(object, splice));
    default:
      throw new IncompatibleError("A stored change takes a step that this version does not know.");
  }
}

type Edit = (node: Json) => Json;

/** The tree in which the node at `path[..end]` is edited, and what lies on the way to it is copied. */
function edit(node: Json, path: Path, index: number, end: number, change: Edit): Json {
  if (index === end) return change(node);
  const child = childOf(node, path[index]);
  if (child === undefined) throw misfit(path);
  return withChild(node, path[index], edit(child, path, index + 1, end, change));
}

/** What lies under one segment of a path; `undefined` where there is nothing. */
export function childOf(node: Json, segment: string | number | undefined): Json | undefined {
  if (typeof segment === "number") {
    return isList(node) && Number.isSafeInteger(segment) ? node.at(segment) : undefined;
  }
  const fields = fieldsOf(node);
  if (fields === undefined || segment === undefined) return undefined;
  const key = escapeKey(segment);
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/** The keys and values of an object, one without a prototype included; `undefined` for everything else, tags too. */
export function fieldsOf(node: Json | undefined): JsonObject | undefined {
  if (!isObject(node)) return undefined;
  const [key, ...more] = Object.keys(node);
  if (key === undefined || more.length > 0 || key[0] !== "$" || key[1] === "$") return node;
  if (key !== "$null") return fieldsOfPairs(node);
  const payload = node[key];
  return fieldsOfPairs(payload) ?? (isObject(payload) ? payload : undefined);
}

/** An object of these fields, without a prototype where `node` has none. */
function withFields(node: Json, fields: JsonObject): Json {
  const object = objectOf(fields);
  return isObject(node) && Object.hasOwn(node, "$null") ? { $null: object } : object;
}

function withChild(node: Json, segment: string | number | undefined, child: Json): Json {
  if (typeof segment === "number") return itemsOf(node as JsonList).with(segment, child);
  const copy = { ...fieldsOf(node) };
  setOwn(copy, escapeKey(segment as string), child);
  return withFields(node, copy);
}

function setAt({ at, value }: Splice & { op: "set" }, scale: Scale | undefined): Edit {
  return (parent) => {
    const segment = at.at(-1);
    const old = childOf(parent, segment);
    const fields = fieldsOf(parent);
    if (old !== undefined) scale?.add(old, -1);
    else if (fields === undefined || typeof segment !== "string") throw misfit(at);
    else {
      const size = Object.keys(fields).length;
      const key = escapeKey(segment);
      scale?.resize(size, size + 1);
      scale?.key(key, 1);
      scale?.reshape(fields, { ...fields, [key]: value });
    }
    scale?.add(value);
    return withChild(parent, segment, value);
  };
}

function removeAt(parent: Json, at: Path, scale: Scale | undefined): Json {
  const segment = at.at(-1);
  const old = childOf(parent, segment);
  if (old === undefined || typeof segment !== "string") throw misfit(at);
  const key = escapeKey(segment);
  const fields = fieldsOf(parent) ?? {};
  const entries = Object.entries(fields).filter(([name]) => name !== key);
  scale?.add(old, -1);
  scale?.key(key, -1);
  scale?.resize(entries.length + 1, entries.length);
  const left = Object.fromEntries(entries);
  scale?.reshape(fields, left);
  return withFields(parent, left);
}

function spliceItems(list: Json, splice: Splice & { op: "items" }, scale: Scale | undefined): Json {
  const { at, index, remove, insert } = splice;
  if (!isList(list) || !fits(index, remove, list.length)) throw misfit(at);
  for (const item of insert) scale?.add(item);
  scale?.resize(list.length, list.length + insert.length - remove);
  if (index === list.length) return GrownList.of(list, insert);
  const items = itemsOf(list);
  for (const item of items.slice(index, index + remove)) scale?.add(item, -1);
  return [...items.slice(0, index), ...insert, ...items.slice(index + remove)];
}

function spliceText(text: Json, splice: Splice & { op: "text" }, scale: Scale | undefined): Json {
  const { at, index, remove, insert } = splice;
  if (typeof text !== "string" || !fits(index, remove, text.length)) throw misfit(at);
  const end = index + remove;
  if (scale !== undefined) {
    // One unit more on both sides: a surrogate weighs less beside its other half.
    const before = text.slice(Math.max(0, index - 1), index);
    const after = text.slice(end, end + 1);
    scale.add(before + text.slice(index, end) + after, -1);
    scale.add(before + insert + after);
  }
  return text.slice(0, index) + insert + text.slice(end);
}

function reorder(object: Json, { at, keys }: Splice & { op: "order" }): Json {
  const fields = fieldsOf(object);
  const size = new Set(keys).size;
  if (fields === undefined || size !== keys.length || size !== Object.keys(fields).length) {
    throw misfit(at);
  }
  const ordered = {};
  for (const key of keys.map(escapeKey)) {
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (value === undefined) throw misfit(at);
    setOwn(ordered, key, value);
  }
  return withFields(object, ordered);
}

function fits(index: number, remove: number, length: number): boolean {
  return (
    Number.isSafeInteger(index) &&
    Number.isSafeInteger(remove) &&
    index >= 0 &&
    remove >= 0 &&
    index + remove <= length
  );
}

function misfit(at: Path): StorageError {
  return new StorageError(
    "CORRUPT",
    `A stored change does not fit the state that it builds on, at ${showPath(at)}.`,
  );
}
