import { isDeepStrictEqual } from "node:util";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { CheckpointListOptions, SerializerProtocol } from "@langchain/langgraph-checkpoint";
import type { Store } from "@perdure/checkpoint-core";
import { type Header, headerOf } from "./header.ts";
import { checkpointsOf } from "./latest.ts";
import { unpack } from "./packed.ts";
import { placeIn } from "./place.ts";
import type { Found } from "./tuple.ts";

/** Which checkpoints are wanted; what is not given is any. */
export interface Wanted {
  readonly threadId?: string | undefined;
  readonly ns?: string | undefined;
  readonly id?: string | undefined;
  /** Those whose id is smaller, as LangGraph has it. */
  readonly below?: string | undefined;
  /** Values of LangGraph's metadata. */
  readonly filter: Readonly<Record<string, unknown>>;
}

/** What a list is asked for. */
export function wantedIn(
  config: RunnableConfig,
  { before, filter = {} }: CheckpointListOptions,
): Wanted {
  const { threadId, checkpointId: id } = placeIn(config) ?? {};
  const ns = config.configurable?.["checkpoint_ns"] as string | undefined;
  return { threadId, ns, id, below: before && placeIn(before)?.checkpointId, filter };
}

/** The checkpoints that are wanted, the newest of a thread first, without their states. */
export async function* found(
  store: Store,
  serde: SerializerProtocol,
  wanted: Wanted,
): AsyncGenerator<Found, void, undefined> {
  const { threadId: only } = wanted;
  for await (const threadId of only === undefined ? threadsOf(store) : [only])
    for await (const record of checkpointsOf(store.checkpoints, threadId)) {
      const header = headerOf(record);
      if (header && isNamed(header, wanted) && (await isMeant(serde, header, wanted)))
        yield { threadId, record, header };
    }
}

function isNamed(header: Header, { ns = header.ns, id = header.id, below }: Wanted): boolean {
  return header.ns === ns && header.id === id && (below === undefined || header.id < below);
}

async function isMeant(
  serde: SerializerProtocol,
  header: Header,
  { filter }: Wanted,
): Promise<boolean> {
  const values = Object.entries(filter);
  if (values.length === 0) return true;
  const metadata = (await unpack(serde, header.metadata)) as Readonly<Record<string, unknown>>;
  return values.every(([key, value]) => isDeepStrictEqual(metadata[key], value));
}

async function* threadsOf(store: Store): AsyncGenerator<string, void, undefined> {
  for (let cursor: string | undefined; ; ) {
    const page: Awaited<ReturnType<Store["threads"]["list"]>> = await store.threads.list({
      cursor,
    });
    for (const { id } of page.threads) yield id;
    if (page.cursor === undefined) return;
    ({ cursor } = page);
  }
}
