import { createStore } from "@perdure/checkpoint-core";
import type { Engine, Space } from "../engines/engine.ts";
import type { Keeper } from "./keeper.ts";
import { inLangGraph } from "./langgraph.ts";
import { appending, loaded, putting } from "./ours.ts";

/** The thread that grows. */
const THREAD = "growing-1";

/** The ways to keep a thread, in the order of the tables. */
export const ways = [
  "Perdure append",
  "Perdure put",
  "LangGraph put",
  "driver, insert of the message",
  "driver, upsert of the whole",
] as const;

export type Way = (typeof ways)[number];

/** One way to keep a thread, on storage of its own. */
export interface Contender extends Keeper {
  readonly engine: Engine["name"];
  readonly way: Way;
  /** `load` by a process that has just started; where a process remembers nothing it is the same. */
  readonly loadCold: () => Promise<unknown>;
  /** What it stores, the empty schema aside. */
  readonly bytes: () => Promise<number>;
}

/** Every way that there is on the engine, each ready for its first message. */
export async function contenders(engine: Engine): Promise<Contender[]> {
  const all: Contender[] = [];
  for (const way of ways) {
    const space = await engine.space();
    const started = await starts[way](space);
    if (started === undefined) continue;
    const empty = await space.bytes();
    const bytes = async (): Promise<number> => (await space.bytes()) - empty;
    all.push({ loadCold: started.load, ...started, engine: engine.name, way, bytes });
  }
  return all;
}

type Start = (space: Space) => Promise<(Keeper & Partial<Contender>) | undefined>;

const starts: Readonly<Record<Way, Start>> = {
  async "Perdure append"(space) {
    const backend = space.backend();
    const store = createStore({ backend });
    await store.setup();
    const loadCold = (): Promise<unknown> => loaded(createStore({ backend }), THREAD);
    return { ...(await appending(store, THREAD)), loadCold };
  },
  async "Perdure put"(space) {
    const backend = space.backend();
    const store = createStore({ backend });
    await store.setup();
    const loadCold = (): Promise<unknown> => loaded(createStore({ backend }), THREAD);
    return { ...putting(store, THREAD), loadCold };
  },
  async "LangGraph put"(space) {
    const saver = await space.langGraph?.();
    return saver === undefined ? undefined : inLangGraph(saver, THREAD);
  },
  async "driver, insert of the message"(space) {
    const raw = await space.raw?.();
    if (raw === undefined) return undefined;
    return {
      save: async (messages) => raw.insert(THREAD, JSON.stringify(messages.at(-1))),
      load: () => raw.read(THREAD),
    };
  },
  async "driver, upsert of the whole"(space) {
    const raw = await space.raw?.();
    if (raw === undefined) return undefined;
    return {
      save: async (messages) => raw.save(THREAD, JSON.stringify(messages)),
      load: () => raw.load(THREAD),
    };
  },
};
