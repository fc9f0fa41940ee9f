import type { Engine, EngineName } from "./contract.ts";
import { find } from "./find.ts";
import { thisMachine } from "./machine.ts";

interface Shared {
  readonly found: Promise<Engine>;
  users: number;
}

const shared = new Map<EngineName, Shared>();

/** The engine of this process: found or started by the first who asks, ended when the last one disposes of it. Throws an `EngineError` of one sentence when it can't be had. */
export async function engine(name: EngineName): Promise<Engine> {
  const entry = shared.get(name) ?? { found: find(name, thisMachine()), users: 0 };
  shared.set(name, entry);
  entry.users += 1;
  let over = false;
  const leave = async (): Promise<void> => {
    if (over) return;
    over = true;
    entry.users -= 1;
    if (entry.users > 0) return;
    shared.delete(name);
    await (await entry.found)[Symbol.asyncDispose]();
  };
  try {
    const { url, origin } = await entry.found;
    return { name, url, origin, [Symbol.asyncDispose]: leave };
  } catch (error) {
    shared.delete(name);
    throw error;
  }
}
