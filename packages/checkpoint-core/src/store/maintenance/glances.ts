import type { StoreContext } from "../context.ts";
import { dueKinds } from "./work.ts";

/** What one look at each shard has shown, so that a store in which nothing is due is asked once for each of them, and not for each kind of work. */
export interface Glances {
  /** False where no work of the kind was due in the shard when it was looked at. */
  mayBeDue(kind: string, shard: number): Promise<boolean>;
  /** Something is being done, which may make more work due: each shard is looked at again. */
  forget(): void;
}

export function glances(context: StoreContext): Glances {
  const seen = new Map<number, ReadonlySet<string> | undefined>();
  return {
    async mayBeDue(kind, shard) {
      if (!seen.has(shard)) seen.set(shard, await dueKinds(context, shard, context.now()));
      return seen.get(shard)?.has(kind) ?? true;
    },
    forget: () => seen.clear(),
  };
}
