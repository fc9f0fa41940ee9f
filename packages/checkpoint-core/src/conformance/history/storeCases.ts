import type { Case } from "../case.ts";
import { historyAppends } from "./appends.ts";
import { historyHalves } from "./halves.ts";
import { historyHeld } from "./held.ts";
import { historyReads } from "./reads.ts";
import { historyRewrites } from "./rewrites.ts";
import type { HistoryStoreSubject } from "./store.ts";

/** Cases for a `HistoryStore`, whatever it is made of. */
export function historyStoreCases(): readonly Case<HistoryStoreSubject>[] {
  return [...historyAppends, ...historyReads, ...historyRewrites, ...historyHeld, ...historyHalves];
}
