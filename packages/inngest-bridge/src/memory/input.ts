import type { StandardSchema } from "../loop/schema.ts";
import { wellFormed } from "../steps/text.ts";
import { isNamed, isText, isUpdate } from "./events.ts";

/** Memories of one call, and UTF-16 units of one: what a store takes at once. */
const MAX_ITEMS = 32;
const MAX_UNITS = 16_384;
/** What the texts of one call may take together, in bytes: an event holds 256 KiB on every plan. */
const MAX_BYTES = 128 * 1024;

/** The texts to remember. */
export const statements: List<string> = listOf({
  items: { type: "string", minLength: 1, maxLength: MAX_UNITS },
  is: isText,
  clean: wellFormed,
});

/** Memories and their new words. */
export const updates: List<{ readonly id: string; readonly statement: string }> = listOf({
  items: {
    type: "object",
    properties: {
      id: { type: "string" },
      statement: { type: "string", minLength: 1, maxLength: MAX_UNITS },
    },
    required: ["id", "statement"],
  },
  is: isUpdate,
  clean: ({ id, statement }) => ({ id, statement: wellFormed(statement) }),
});

/** Memories to forget. */
export const deletions: List<{ readonly id: string }> = listOf({
  items: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
  is: isNamed,
  clean: ({ id }) => ({ id }),
});

/** New memories as `manage_memories` takes them. */
export const creations: List<{ readonly statement: string }> = listOf({
  items: {
    type: "object",
    properties: { statement: { type: "string", minLength: 1, maxLength: MAX_UNITS } },
    required: ["statement"],
  },
  is: (item): item is { readonly statement: string } =>
    typeof item === "object" && item !== null && "statement" in item && isText(item.statement),
  clean: ({ statement }) => ({ statement: wellFormed(statement) }),
});

/** A list of an input: how it is shown to the model, and how it is read. */
interface List<Item> {
  readonly shown: Readonly<Record<string, unknown>>;
  /** The items, or what is wrong with them. */
  read(value: unknown): readonly Item[] | string;
}

function listOf<Item>({
  items,
  is,
  clean,
}: {
  readonly items: Readonly<Record<string, unknown>>;
  readonly is: (item: unknown) => item is Item;
  readonly clean: (item: Item) => Item;
}): List<Item> {
  return {
    shown: { type: "array", items, minItems: 1, maxItems: MAX_ITEMS },
    read(value) {
      if (!Array.isArray(value) || value.length === 0) return "it is no list with something in it";
      if (value.length > MAX_ITEMS) return `it has more than ${MAX_ITEMS} items`;
      if (!value.every(is)) return `an item is not of the shape ${JSON.stringify(items)}`;
      const texts = value.flatMap((item) =>
        typeof item === "string" ? [item] : Object.values(item as object),
      );
      if (texts.some((text: unknown) => String(text).length > MAX_UNITS))
        return `a text is over ${MAX_UNITS} characters`;
      if (Buffer.byteLength(JSON.stringify(value)) > MAX_BYTES)
        return `the texts are over ${MAX_BYTES} bytes together; use several calls`;
      return value.map(clean);
    },
  };
}

/** A schema of an object with these lists; `least` says how many of them must be there. */
export function schemaOf<Lists extends Readonly<Record<string, List<unknown>>>>(
  lists: Lists,
  least: "all" | "one",
): StandardSchema<unknown, Partial<Read<Lists>>> {
  const names = Object.keys(lists);
  const properties = Object.fromEntries(names.map((name) => [name, lists[name]?.shown]));
  const shown = { type: "object", properties, ...(least === "all" ? { required: names } : {}) };
  return {
    "~standard": {
      version: 1,
      vendor: "perdure",
      jsonSchema: { input: () => shown },
      validate(value) {
        const given = (typeof value === "object" && value !== null ? value : {}) as Readonly<
          Record<string, unknown>
        >;
        const wanted = least === "all" ? names : names.filter((name) => !isLeftOut(given[name]));
        if (wanted.length === 0)
          return { issues: [{ message: `one of ${names.join(", ")} is needed` }] };
        const read = wanted.map((name) => [name, lists[name]?.read(given[name])] as const);
        const issues = read.flatMap(([name, list]) =>
          typeof list === "string" ? [{ message: list, path: [name] }] : [],
        );
        if (issues.length > 0) return { issues };
        return { value: Object.fromEntries(read) as Partial<Read<Lists>> };
      },
    },
  };
}

type Read<Lists> = {
  readonly [Name in keyof Lists]: Lists[Name] extends List<infer Item> ? readonly Item[] : never;
};

/** Models give `null` or an empty list for what they leave out. */
function isLeftOut(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}
