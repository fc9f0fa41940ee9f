import type { CheckpointerSubject } from "../../../src/conformance/index.ts";
import { broken } from "./brokenCheckpointer.ts";
import type { Mutant } from "./mutant.ts";

/** Checkpointers that change a kind of value, or lose it, and say nothing. */
export const checkpointValueMutants: readonly Mutant<CheckpointerSubject>[] = [
  ...[
    "undefined",
    "hole",
    "nan",
    "infinities",
    "minus-zero",
    "date",
    "invalid-date",
    "bytes",
    "map",
    "set",
    "url",
    "regexp",
    "error",
    "null-prototype",
    "function",
    "symbol",
  ].map((kind) =>
    broken(
      `json-${kind}`,
      `keeps JSON, which changes a value of the kind ${kind} (peers)`,
      `value-${kind}`,
      {
        keep: (state) => JSON.stringify(state),
        give: (kept) => JSON.parse(kept as string) as unknown,
      },
    ),
  ),
  broken(
    "bigint-as-text",
    "writes a BigInt as its text (peers: as an error's text)",
    "value-bigint",
    {
      keep: (state) =>
        JSON.stringify(state, (_key, value: unknown) =>
          typeof value === "bigint" ? String(value) : value,
        ),
      give: (kept) => JSON.parse(kept as string) as unknown,
    },
  ),
  broken(
    "clones-classes",
    "keeps a class's instance as a plain object (structuredClone)",
    "value-class-instance",
    { keep: (state) => structuredClone(state), give: (kept) => structuredClone(kept) },
  ),
  broken(
    "data-as-tag",
    "takes data that looks like its own tag for one (peers: an output {lc:1} poisons every later read)",
    "value-tag-like",
    {
      keep: (state) => JSON.stringify(state),
      give: (kept) =>
        JSON.parse(kept as string, (_key, value: unknown) => {
          if (typeof value === "object" && value !== null && "lc" in value)
            throw new Error("Invalid namespace");
          return value;
        }) as unknown,
    },
  ),
  broken("text-without-nul", "drops NUL from text (peers: JSONB refuses it)", "value-nul", {
    keep: (state) => JSON.stringify(state).replaceAll("\\u0000", ""),
    give: (kept) => JSON.parse(kept as string) as unknown,
  }),
  broken(
    "text-as-utf8",
    "writes text as UTF-8, which has no lone surrogates",
    "value-lone-surrogates",
    {
      keep: (state) => JSON.stringify(state).replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, "\ufffd"),
      give: (kept) => JSON.parse(kept as string) as unknown,
    },
  ),
  broken("proto-assigned", "assigns the key __proto__ as it copies", "value-proto-key", {
    keep: (state) => JSON.stringify(state),
    give: (kept) => assigned(JSON.parse(kept as string)),
  }),
  throughJson("empty-left-out", "leaves empty lists and keys out", "json", (key, value) =>
    Array.isArray(value) && value.length === 0 && key === "" ? undefined : value,
  ),
  throughJson("text-normalised", "normalises text", "text", (_key, value) =>
    typeof value === "string" ? value.normalize("NFC") : value,
  ),
  throughJson("fifteen-digits", "keeps 15 digits of a number", "large-numbers", (_key, value) =>
    typeof value === "number" ? Number(value.toPrecision(15)) : value,
  ),
  throughJson(
    "numeric-keys-are-a-list",
    "takes an object of numeric keys for a list (Lua's cjson)",
    "numeric-keys",
    (_key, value) =>
      typeof value === "object" && value !== null && !Array.isArray(value) && "1" in value
        ? Object.assign([], value)
        : value,
  ),
  broken(
    "levels-cut",
    "cuts what is nested more than 32 levels deep (DynamoDB's limit)",
    "value-deep",
    {
      keep: (state) => JSON.stringify(cutAt(state, 32)),
      give: (kept) => JSON.parse(kept as string) as unknown,
    },
  ),
  broken("cycles-as-text", "writes a cycle as a text", "value-cycle", {
    keep: (state) => JSON.stringify(acyclic(state, [])),
    give: (kept) => JSON.parse(kept as string) as unknown,
  }),
];

/** A checkpointer that keeps JSON, of which each value passes `change` when it is read. */
function throughJson(
  id: string,
  does: string,
  kind: string,
  change: (key: string, value: unknown) => unknown,
): Mutant<CheckpointerSubject> {
  return broken(id, does, `value-${kind}`, {
    keep: (state) => JSON.stringify(state),
    give: (kept) => JSON.parse(kept as string, change) as unknown,
  });
}

function cutAt(value: unknown, levels: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (levels === 0) return null;
  const copies = Object.entries(value).map(
    ([key, item]) => [key, cutAt(item, levels - 1)] as const,
  );
  return Array.isArray(value) ? copies.map(([, item]) => item) : Object.fromEntries(copies);
}

function acyclic(value: unknown, inside: readonly unknown[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (inside.includes(value)) return "[Circular]";
  const copies = Object.entries(value).map(
    ([key, item]) => [key, acyclic(item, [...inside, value])] as const,
  );
  return Array.isArray(value) ? copies.map(([, item]) => item) : Object.fromEntries(copies);
}

function assigned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(assigned);
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) copy[key] = assigned(item);
  return copy;
}
