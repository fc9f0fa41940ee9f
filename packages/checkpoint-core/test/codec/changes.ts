import * as fc from "fast-check";
import type { UserChange } from "../../src/codec/change.ts";
import type { Path } from "../../src/codec/path.ts";
import { decodeText, encodeText } from "../../src/codec/text.ts";
import { keys, values } from "./values.ts";

/** What a change does, said once more and plainly: on a copy of the whole value. */
export function expected(state: unknown, change: UserChange): unknown {
  const root = { state: decodeText(encodeText(state)) };
  const path: Path = ["state", ...change.path];
  let parent = root as Record<string | number, unknown>;
  for (const segment of path.slice(0, -1)) parent = parent[segment] as typeof parent;
  const last = path.at(-1) ?? "";
  if ("append" in change) {
    const list = parent[last] as unknown[];
    const { length } = list;
    list.length += change.append.length;
    for (const index of Object.keys(change.append)) {
      list[length + Number(index)] = change.append[Number(index)];
    }
  } else if ("set" in change) {
    const value = change.set;
    Object.defineProperty(parent, last, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else Reflect.deleteProperty(parent, last);
  return root.state;
}

/** Every place of a state, with what lies there. */
function places(value: unknown, path: Path = []): { path: Path; value: unknown }[] {
  const here = [{ path, value }];
  if (Array.isArray(value)) {
    return [
      ...here,
      ...Array.from(value, (item: unknown, index) => places(item, [...path, index])).flat(),
    ];
  }
  if (typeof value !== "object" || value === null || !isPlain(value)) return here;
  return [...here, ...Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]))];
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export interface Draw {
  readonly pick: number;
  readonly verb: number;
  readonly key: string;
  readonly value: unknown;
  readonly items: readonly unknown[];
}

export const draws: fc.Arbitrary<Draw> = fc.record<Draw>({
  pick: fc.nat(),
  verb: fc.nat(9),
  key: keys,
  value: values,
  items: fc.array(values, { maxLength: 3 }),
});

/** A change that fits the state. */
export function fitting(state: unknown, { pick, verb, key, value, items }: Draw): UserChange {
  const all = places(state);
  const lists = all.filter((place) => Array.isArray(place.value));
  const list = lists[pick % Math.max(1, lists.length)];
  if (verb < 5 && list !== undefined) return { path: list.path, append: items };
  const objects = all.filter((place) => isObject(place.value));
  const object = objects[pick % Math.max(1, objects.length)];
  if (verb < 7 && object !== undefined) return { path: [...object.path, key], set: value };
  const place = all[pick % all.length];
  if (verb < 9 || place === undefined || place.path.length === 0) {
    return { path: place?.path ?? [], set: value };
  }
  return { path: place.path, remove: true };
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && isPlain(value);
}
