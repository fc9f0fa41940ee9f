import type { Write } from "../../src/backend/contract.ts";
import type { UserChange } from "../../src/codec/change.ts";
import { encodeText } from "../../src/codec/text.ts";
import type { Checkpointer } from "../../src/store/checkpoints/contract.ts";
import {
  checkpointKey,
  decodeCheckpoint,
  encodeCheckpoint,
} from "../../src/store/checkpoints/schema.ts";
import type { StoreContext } from "../../src/store/context.ts";
import {
  conversation,
  message,
  type Process,
  type StagedBackend,
  stagedBackend,
  startProcess,
  testClock,
} from "./processes.ts";

/** One message more. */
export const more = (n: number): readonly UserChange[] => [
  { path: ["messages"], append: [message(n, n > 100 ? 400 : 100)] },
  { path: ["step"], set: n + 1 },
];

export async function putLine(
  checkpoints: Checkpointer,
  length: number,
  by?: string,
): Promise<readonly string[]> {
  const ids = [await checkpoints.put("t", { ...conversation(10, 100), ...(by && { by }) })];
  for (let n = 1; n < length; n += 1) {
    const parentId = ids.at(-1) ?? "";
    ids.push(await checkpoints.append("t", { parentId, changes: more(9 + n) }));
  }
  return ids;
}

/** A line, and who works on it. */
export interface Line {
  readonly backend: StagedBackend;
  readonly clock: { now: number };
  readonly one: Process;
  readonly two: Process;
  readonly ids: readonly string[];
  readonly fresh: () => Checkpointer;
}

/** Two processes, and a line of so many checkpoints, whole at the start, that the first has put and the second has not seen. */
export async function aLine(length: number): Promise<Line> {
  const backend = stagedBackend();
  const clock = testClock();
  const one = startProcess(backend, { clock });
  const two = startProcess(backend, { clock });
  const ids = await putLine(one.checkpoints, length);
  backend.calls.length = 0;
  return {
    backend,
    clock,
    one,
    two,
    ids,
    fresh: () => startProcess(backend, { clock }).checkpoints,
  };
}

/** As a sweep frees records. */
export async function free(context: StoreContext, ...ordinals: readonly number[]): Promise<void> {
  const writes = ordinals.map(
    (at): Write => ({ op: "delete", key: checkpointKey(at), expect: "any" }),
  );
  await context.thread("t").write(writes, 0);
}

/** As a sweep rewrites a record whole in place. */
export async function rewrite(
  context: StoreContext,
  ordinal: number,
  state: unknown,
): Promise<void> {
  const partition = context.thread("t");
  const key = checkpointKey(ordinal);
  const record = (await partition.read([key], 0)).get(key);
  if (!record) throw new Error(`There is no record ${key}.`);
  const value = encodeCheckpoint(
    { ...decodeCheckpoint(record), base: undefined },
    encodeText(state),
  );
  await partition.write([{ op: "put", key, value, expect: record.revision }], 0);
}
