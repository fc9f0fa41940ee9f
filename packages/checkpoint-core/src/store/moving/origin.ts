import { nonce, type StoreContext } from "../context.ts";
import { encodeValue } from "../partition.ts";
import { type Decision, transact } from "../transact.ts";

const KEY = "origin";

/**
 * What names a source, the same in every copy of it: what one source has brought to a target is none of another's to overwrite or to take away. Written to the source once, beside everything
 * that is copied.
 */
export async function originOf(source: StoreContext, now: number): Promise<string> {
  const partition = source.shared(KEY, []);
  return transact<string>(partition, now, async (): Promise<Decision<string>> => {
    const found = (await partition.read([KEY], now)).get(KEY);
    if (found) return { answer: found.value() as string };
    const origin = nonce(12);
    const put = { op: "put", key: KEY, value: encodeValue(origin), expect: "absent" } as const;
    return { writes: [put], landed: () => origin };
  });
}
