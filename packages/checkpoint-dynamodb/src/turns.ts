/**
 * The order in which calls of this process write to a partition: one after the other. Each goes by what the one before it left, so writers of one process never race with each other for the revision, only with those of
 * others.
 */
export interface Turns {
  /** Runs work when all that was given before it for this partition has ended. */
  take<T>(partition: string, work: () => Promise<T>): Promise<T>;
}

export function turns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    async take(partition, work) {
      const before = last.get(partition);
      const result = before ? before.then(work, work) : work();
      last.set(partition, result);
      try {
        return await result;
      } finally {
        if (last.get(partition) === result) last.delete(partition);
      }
    },
  };
}
