import { DeletedError, isStorageError } from "../errors.ts";
import type { Partition } from "./partition.ts";

/** The same partition, which says of a write that came too late what was deleted: a backend knows only the partition's name. The backend's error is the cause. */
export function tellingOfDeletion(partition: Partition, threadId: string): Partition {
  return {
    ...partition,
    async write(writes, now, options) {
      try {
        return await partition.write(writes, now, options);
      } catch (error) {
        if (!isStorageError(error) || error.code !== "DELETED") throw error;
        throw new DeletedError(
          `The thread ${JSON.stringify(threadId)} was deleted; nothing was written. \`threads.create\` begins another life.`,
          { cause: error },
        );
      }
    },
  };
}
