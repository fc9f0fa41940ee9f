/** How far a copy has come. */
export interface CopyProgress {
  /** Partitions that are in the target as they are in the source: threads, and what stands beside them. */
  readonly partitions: number;
  readonly records: number;
  /** Bytes of keys and values, as they are before compression and encryption. */
  readonly bytes: number;
  /** The thread that was copied last, where it was one. */
  readonly threadId?: string;
}

/** Options of `copyStore`. */
export interface CopyOptions {
  /** Called after each partition. What it throws stops the copy. */
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
  /** Stops the copy between two writes; copying again goes on from there. */
  readonly signal?: AbortSignal | undefined;
}

/** Something that a copy met: a thread, a stream or memories of a thread, or those that belong to none. */
export interface CopiedPlace {
  readonly tenant?: string;
  readonly threadId?: string;
  /** The name of the partition in the backend. */
  readonly partition: string;
}

/** What a copy did. */
export interface CopyReport extends Omit<CopyProgress, "threadId"> {
  readonly threads: number;
  /** Partitions that an earlier copy of this source had brought and that are gone from it since: gone from the target too. */
  readonly removed: number;
  /** SHA-256, in hex, over everything that was copied: computed from what each side holds, and the same on both. */
  readonly digest: string;
  /** Threads on which an execution works, and what was being written all the time: not copied, or not at rest when it was. Copy again when they are. */
  readonly busy: readonly CopiedPlace[];
  /** Records that cannot be read in the source, by partition and key: not copied, and nothing else is missing for them. */
  readonly damaged: readonly (CopiedPlace & { readonly key: string })[];
  /** Threads that have another life in the target, where one of this name had been deleted: events and approval ids that carry the old life do not count there. */
  readonly renewed: readonly CopiedPlace[];
}
