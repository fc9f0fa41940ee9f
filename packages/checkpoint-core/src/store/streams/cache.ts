import type { StoredHead } from "./record.ts";
import type { Belonging } from "./belonging.ts";

/** A stream as this process last saw it: good for a write without a read, since the write compares the head's revision. */
export interface SeenStream extends StoredHead {
  readonly belonging: Belonging;
}

/** Streams by partition, the last written ones. */
export interface StreamCache {
  get(partition: string): SeenStream | undefined;
  set(partition: string, seen: SeenStream): void;
  delete(partition: string): void;
}

/** Streams that a process remembers; a few hundred bytes each. */
const MAX_STREAMS = 2000;

/** An empty cache. */
export function streamCache(): StreamCache {
  const streams = new Map<string, SeenStream>();
  return {
    get: (partition) => streams.get(partition),
    set(partition, seen) {
      streams.delete(partition);
      streams.set(partition, seen);
      const [oldest] = streams.keys();
      if (streams.size > MAX_STREAMS && oldest !== undefined) streams.delete(oldest);
    },
    delete(partition) {
      streams.delete(partition);
    },
  };
}
