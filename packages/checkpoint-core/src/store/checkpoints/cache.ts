import type { StateImage } from "../../codec/image.ts";
import type { Life } from "../life/life.ts";
import type { Head } from "./schema.ts";

/** A head record as this process last saw it, and the life that it was seen in: good for a try without a read, since the write compares its revision. */
export interface CachedHead {
  readonly head: Head;
  readonly revision: number;
  readonly life: Life;
}

/** A state as this process last read or wrote it: a copy of our own that nobody changes. */
export interface CachedState {
  readonly image: StateImage;
  /** Bytes of its text. */
  readonly size: number;
  readonly expires: number | undefined;
  /** What its caller calls the checkpoint. */
  readonly name: string | undefined;
  /** The life that it was seen in, where that was read with it. */
  readonly life: number | undefined;
}

/**
 * What a process remembers of checkpoints: heads and states. It only ever saves reads: a head is compared when it is
 * used to write, and a state belongs to an id that no other state will have. Shared by the stores of all scopes over one backend.
 */
export interface CheckpointCache {
  head(partition: string): CachedHead | undefined;
  keepHead(partition: string, head: CachedHead): void;
  state(partition: string, id: string): CachedState | undefined;
  keepState(partition: string, id: string, state: CachedState): void;
  dropState(partition: string, id: string): void;
  /** Forgets the head; states may stay, no id is used twice. */
  forget(partition: string): void;
}

/** Options of {@link checkpointCache}. */
export interface CheckpointCacheOptions {
  /** Bytes of the states kept, as far as they can be told. 64 MiB when not given. */
  readonly maxBytes?: number;
}

/** Heads kept: a few hundred bytes each. */
const MAX_HEADS = 2000;
/** What a state takes in memory, in bytes of its text: strings once, and the objects around them. */
const MEMORY_FACTOR = 2;

/** An empty cache; the least recently used state goes first. */
export function checkpointCache({
  maxBytes = 64 * 1024 * 1024,
}: CheckpointCacheOptions = {}): CheckpointCache {
  const heads = new Map<string, CachedHead>();
  const states = new Map<string, CachedState>();
  let bytes = 0;
  // Used last, so that it need not be moved behind the others again: who appends asks for one state several times.
  let newest: string | undefined;
  const drop = (key: string): CachedState | undefined => {
    const state = states.get(key);
    if (state) {
      states.delete(key);
      bytes -= weightOf(state);
    }
    return state;
  };
  const keep = (key: string, state: CachedState): void => {
    drop(key);
    states.set(key, state);
    newest = key;
    bytes += weightOf(state);
    if (bytes <= maxBytes) return;
    for (const oldest of states.keys()) {
      if (bytes <= maxBytes) break;
      drop(oldest);
    }
  };
  return {
    head: (partition) => heads.get(partition),
    keepHead(partition, head) {
      heads.delete(partition);
      heads.set(partition, head);
      if (heads.size <= MAX_HEADS) return;
      const [oldest] = heads.keys();
      if (oldest !== undefined) heads.delete(oldest);
    },
    state(partition, id) {
      const key = stateKey(partition, id);
      if (key === newest) return states.get(key);
      const state = drop(key);
      if (state) keep(key, state);
      return state;
    },
    keepState: (partition, id, state) => keep(stateKey(partition, id), state),
    dropState: (partition, id) => void drop(stateKey(partition, id)),
    forget: (partition) => void heads.delete(partition),
  };
}

function stateKey(partition: string, id: string): string {
  return `${partition} ${id}`;
}

function weightOf({ size }: CachedState): number {
  return MEMORY_FACTOR * size;
}
