import { ordinalKey } from "../../backend/keys.ts";
import type { StoreContext } from "../context.ts";
import type { ListedPartition } from "../directory/partitions.ts";
import { LIFE } from "../life/life.ts";
import type { Sides } from "./copy-partition.ts";

/** The memories of a thread stand behind the number of its life: which they are to stand behind in the target, where that life is another one. Its threads are copied before. */
export async function rootOf(
  { kind, parts }: Pick<ListedPartition, "kind" | "parts">,
  { source, target }: { readonly source: StoreContext; readonly target: StoreContext },
  now: number,
): Promise<Sides["root"]> {
  const [of, threadId] = parts;
  if (kind !== "m" || of !== "thread" || threadId === undefined) return undefined;
  const lives = [source, target].map(async (context) => {
    const life = (await context.unwatched(threadId).read([LIFE], now)).get(LIFE);
    return life && `${ordinalKey(life.revision)}/`;
  });
  const [from, to] = await Promise.all(lives);
  return from === undefined || to === undefined || from === to ? undefined : { from, to };
}
