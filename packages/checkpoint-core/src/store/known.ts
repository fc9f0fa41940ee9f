/** What this process knows to stand in the directory, and since when, so that it need not be written again at each turn. */
export interface Known {
  /** Was it written or seen less than `ms` before `now`? A clock that went back makes nothing known. */
  since(entry: string, now: number, ms: number): boolean;
  add(entry: string, now: number): void;
  delete(entry: string): void;
}

/** Entries that a process remembers; forgetting one costs a read of the index, and never a mistake. */
const MAX_KNOWN = 20_000;

/** An empty memory of at most 20,000 entries, the oldest forgotten first. */
export function nothingKnown(): Known {
  const entries = new Map<string, number>();
  return {
    since(entry, now, ms) {
      const at = entries.get(entry);
      return at !== undefined && at <= now && now - at < ms;
    },
    add(entry, now) {
      entries.delete(entry);
      entries.set(entry, now);
      const oldest = entries.size > MAX_KNOWN ? entries.keys().next().value : undefined;
      if (oldest !== undefined) entries.delete(oldest);
    },
    delete(entry) {
      entries.delete(entry);
    },
  };
}
