import { IncompatibleError, StorageError } from "../errors.ts";
import { type Bounds, boundsOf, holdsMore } from "./bounds.ts";
import { applySplices, type StateImage } from "./image.ts";
import { isList, isObject, type Json, type JsonObject } from "./json.ts";
import { type Path, showPath } from "./path.ts";
import { childOf, fieldsOf, type Splice } from "./splice.ts";
import { parseJson, printJson } from "./text.ts";
import { toJson } from "./write.ts";

/**
 * One change to a state, as users give it. `append` adds items at the end of the array at `path`; `set` puts a value there, in place of
 * the old one or as a new key of an object that exists (an empty path: the whole state); `remove` takes a key from its object or an item from its array.
 */
export type UserChange =
  | { readonly path: Path; readonly append: readonly unknown[] }
  | { readonly path: Path; readonly set: unknown }
  | { readonly path: Path; readonly remove: true };

export interface PlannedChanges {
  /** What is stored. */
  readonly splices: readonly Splice[];
  /** The state after them. */
  readonly image: StateImage;
}

/**
 * The splices of `changes`, each checked against the state that the ones before it leave. Nothing of the state is encoded or decoded.
 * Throws `INVALID_ARGUMENT` for an ill-formed change, a path that does not exist, or an append to what is no array, naming the
 * path; `UNSUPPORTED_VALUE` and `TOO_LARGE` as `encodeText` does.
 */
export function planChanges(
  image: StateImage,
  changes: readonly UserChange[],
  bounds?: Partial<Bounds>,
): PlannedChanges {
  const limits = boundsOf(bounds);
  if (!Array.isArray(changes)) throw invalid("The changes are not an array.");
  const splices: Splice[] = [];
  let after = image;
  // What is written is held to its bounds, so the image has to know its weight: the only time that it is weighed whole.
  void image.bytes;
  for (const change of changes) {
    const splice = planChange(after, change, limits);
    after = applySplices(after, [splice], limits);
    splices.push(splice);
  }
  return { splices, image: after };
}

/** Values that a text of splices may hold for each that a state may: a step takes some beside what it changes. */
const STEP_VALUES = 4;

/** Whether a text of splices will be read: those with more values than are read of one text must not be stored. */
export function isReadable(text: string): boolean {
  return !holdsMore(text, STEP_VALUES * boundsOf().nodes);
}

/** The text under which splices are stored. */
export function textOfSplices(splices: readonly Splice[]): string {
  return printJson(splices, boundsOf());
}

/**
 * The splices of a text that {@link textOfSplices} made. Throws `CORRUPT` for anything else, `INCOMPATIBLE` for a step of a newer version; what the tags
 * in their values say is looked at when the state is read.
 */
export function splicesOfText(text: string, bounds?: Partial<Bounds>): readonly Splice[] {
  const limits = boundsOf(bounds);
  const list = parseJson(text, { ...limits, nodes: STEP_VALUES * limits.nodes });
  if (!Array.isArray(list)) throw corrupt();
  return (list as Json[]).map((json) => readSplice(json));
}

function planChange(image: StateImage, change: UserChange, bounds: Bounds): Splice {
  const path = checkedPath(change);
  const verb = verbOf(change, path);
  if (verb === "append") return planAppend(image, path, change, bounds);
  return verb === "set" ? planSet(image, path, change, bounds) : planRemove(image, path);
}

function planAppend(image: StateImage, path: Path, change: object, bounds: Bounds): Splice {
  const list = nodeAt(image, path, path.length);
  if (!isList(list)) throw invalid(`Nothing can be appended at ${showPath(path)}: it is no array.`);
  const added: unknown = "append" in change ? change.append : undefined;
  if (!Array.isArray(added)) {
    throw invalid(`What is to be appended at ${showPath(path)} is not an array of items.`);
  }
  const insert = toJson(added, bounds, path).json as readonly Json[];
  return { op: "items", at: path, index: list.length, remove: 0, insert };
}

function planSet(image: StateImage, path: Path, change: object, bounds: Bounds): Splice {
  const value: unknown = "set" in change ? change.set : undefined;
  if (path.length > 0) {
    const parent = nodeAt(image, path, path.length - 1);
    const segment = path.at(-1);
    const isNewKey = typeof segment === "string" && fieldsOf(parent) !== undefined;
    if (!isNewKey && childOf(parent, segment) === undefined) throw missing(path);
  }
  return { op: "set", at: path, value: toJson(value, bounds, path).json };
}

function planRemove(image: StateImage, path: Path): Splice {
  if (path.length === 0) throw invalid("The whole state cannot be removed by a change.");
  nodeAt(image, path, path.length);
  const index = path.at(-1);
  return typeof index === "number"
    ? { op: "items", at: path.slice(0, -1), index, remove: 1, insert: [] }
    : { op: "remove", at: path };
}

function nodeAt(image: StateImage, path: Path, end: number): Json {
  let node: Json = image.root;
  for (const segment of path.slice(0, end)) {
    const child = childOf(node, segment);
    if (child === undefined) throw missing(path);
    node = child;
  }
  return node;
}

function verbOf(change: object, path: Path): "append" | "set" | "remove" {
  const verbs = (["append", "set", "remove"] as const).filter((verb) =>
    Object.hasOwn(change, verb),
  );
  const [verb] = verbs;
  if (verb === undefined || verbs.length > 1) {
    throw invalid(`The change at ${showPath(path)} must have one of append, set and remove.`);
  }
  if (verb === "remove" && (change as { remove: unknown }).remove !== true) {
    throw invalid(`The change at ${showPath(path)} has a "remove" that is not true.`);
  }
  return verb;
}

function checkedPath(change: unknown): Path {
  const path: unknown =
    typeof change === "object" && change !== null && "path" in change ? change.path : undefined;
  if (!isPath(path)) {
    throw invalid("A change has no path of keys (strings) and indexes (whole numbers from 0 on).");
  }
  return [...path];
}

function isPath(path: unknown): path is Path {
  return (
    Array.isArray(path) &&
    path.every(
      (segment) => typeof segment === "string" || (Number.isSafeInteger(segment) && segment >= 0),
    )
  );
}

function readSplice(json: Json): Splice {
  const fields = isObject(json) ? json : {};
  const { op, at } = fields;
  if (!isPath(at)) throw corrupt();
  if (typeof op !== "string") throw corrupt();
  const reader = readers.get(op);
  if (reader === undefined) {
    throw new IncompatibleError("A stored change takes a step that this version does not know.");
  }
  return reader(fields, at);
}

const readers: ReadonlyMap<string, (fields: JsonObject, at: Path) => Splice> = new Map([
  ["set", readSet],
  ["remove", (_fields, at) => ({ op: "remove", at })],
  ["items", readItems],
  ["text", readText],
  ["order", readOrder],
]);

function readSet({ value }: JsonObject, at: Path): Splice {
  if (value === undefined) throw corrupt();
  return { op: "set", at, value };
}

function readItems({ index, remove, insert }: JsonObject, at: Path): Splice {
  if (typeof index !== "number" || typeof remove !== "number" || !Array.isArray(insert)) {
    throw corrupt();
  }
  return { op: "items", at, index, remove, insert: insert as Json[] };
}

function readText({ index, remove, insert }: JsonObject, at: Path): Splice {
  if (typeof index !== "number" || typeof remove !== "number" || typeof insert !== "string") {
    throw corrupt();
  }
  return { op: "text", at, index, remove, insert };
}

function readOrder({ keys }: JsonObject, at: Path): Splice {
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string")) throw corrupt();
  return { op: "order", at, keys };
}

function missing(path: Path): StorageError {
  return invalid(`There is nothing at ${showPath(path)} in the state.`);
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}

function corrupt(): StorageError {
  return new StorageError("CORRUPT", "What is stored as a change is not one.");
}
