import type { CheckpointRecord } from "@perdure/checkpoint-core";
import { StorageError } from "@perdure/checkpoint-core";
import type { Packed } from "./packed.ts";

/** What stands beside a checkpoint's state, and can be read without it. */
export interface Header {
  readonly ns: string;
  readonly id: string;
  /** LangGraph's id of the checkpoint before it, in the same namespace. */
  readonly parent?: string;
  /** LangGraph's metadata. */
  readonly metadata: Packed;
}

/** The header as a checkpoint's metadata. */
export function metadataOf(header: Header): Readonly<Record<string, unknown>> {
  return { langgraph: header };
}

/** The header of a checkpoint; `undefined` for one that no graph has saved. Throws the damage where it cannot be read. */
export function headerOf(record: CheckpointRecord): Header | undefined {
  if (record.damaged)
    throw new StorageError(record.damaged, `The checkpoint ${record.id} cannot be read.`);
  return record.metadata?.["langgraph"] as Header | undefined;
}
