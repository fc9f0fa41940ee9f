import type { Case } from "../case.ts";
import { memoryHalves } from "./halves.ts";
import { memoryReads } from "./reads.ts";
import type { MemoryStoreSubject } from "./store.ts";
import { memoryWrites } from "./writes.ts";

/** Cases for a `MemoryStore`, whatever it is made of. */
export function memoryStoreCases(): readonly Case<MemoryStoreSubject>[] {
  return [...memoryWrites, ...memoryReads, ...memoryHalves];
}
