import { type EventType, eventType, type StandardSchemaV1 } from "inngest";

/** New memories, as AgentKit's example sends them. */
export type MemoriesCreate = {
  readonly statements: readonly string[];
  readonly [other: string]: unknown;
};

/** Memories in new words. */
export type MemoriesUpdate = {
  readonly updates: readonly { readonly id: string; readonly statement: string }[];
  readonly [other: string]: unknown;
};

/** Memories to be forgotten. */
export type MemoriesDelete = {
  readonly deletions: readonly { readonly id: string }[];
  readonly [other: string]: unknown;
};

type MemoryEvent<Name extends string, Data extends Record<string, unknown>> = EventType<
  Name,
  StandardSchemaV1<Data>
>;

/** `app/memories.create`. */
export const memoriesCreate: MemoryEvent<"app/memories.create", MemoriesCreate> = eventType(
  "app/memories.create",
  { schema: schemaOf<MemoriesCreate>(({ statements }) => isListOf(statements, isText)) },
);

/** `app/memories.update`. */
export const memoriesUpdate: MemoryEvent<"app/memories.update", MemoriesUpdate> = eventType(
  "app/memories.update",
  { schema: schemaOf<MemoriesUpdate>(({ updates }) => isListOf(updates, isUpdate)) },
);

/** `app/memories.delete`. */
export const memoriesDelete: MemoryEvent<"app/memories.delete", MemoriesDelete> = eventType(
  "app/memories.delete",
  { schema: schemaOf<MemoriesDelete>(({ deletions }) => isListOf(deletions, isNamed)) },
);

/** A text that is one. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

/** A memory, named. */
export function isNamed(value: unknown): value is { readonly id: string } {
  return typeof value === "object" && value !== null && "id" in value && isText(value.id);
}

/** A memory and its new words. */
export function isUpdate(
  value: unknown,
): value is { readonly id: string; readonly statement: string } {
  return isNamed(value) && "statement" in value && isText(value.statement);
}

function isListOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(is);
}

function schemaOf<Data extends Record<string, unknown>>(
  isData: (data: Readonly<Record<string, unknown>>) => boolean,
): StandardSchemaV1<Data> {
  return {
    "~standard": {
      version: 1,
      vendor: "perdure",
      validate: (value) =>
        typeof value === "object" && value !== null && isData(value as Record<string, unknown>)
          ? { value: value as Data }
          : { issues: [{ message: "It is not what an event about memories holds." }] },
    },
  };
}
