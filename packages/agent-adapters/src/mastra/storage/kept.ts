import type { MastraDBMessage } from "@mastra/core/memory";
import type { StorageResourceType } from "@mastra/core/storage";
import { asJson } from "./place.ts";

/** A message that is kept: its content as JSON has it, its date as a date. */
export type Kept = MastraDBMessage;

/** A message as it is kept. */
export function keptOf(message: MastraDBMessage): Kept {
  return { ...asJson(message), createdAt: new Date(message.createdAt) };
}

/** The message with what is new; of its content what is not said stays. */
export function merged(message: Kept, { content, ...update }: Partial<Kept>): Kept {
  const told = Object.entries(update).filter(([, value]) => value !== undefined);
  const before = message.content;
  const metadata = { ...before.metadata, ...content?.metadata };
  const together = { ...before, ...content, ...(content?.metadata ? { metadata } : {}) };
  return { ...message, ...Object.fromEntries(told), ...(content ? { content: together } : {}) };
}

/** A resource as it is kept. */
export function keptResource(resource: StorageResourceType): StorageResourceType {
  return { ...resource, metadata: asJson(resource.metadata ?? {}) };
}
