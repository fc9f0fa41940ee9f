import { StorageError } from "@perdure/checkpoint-core";
import type { Bridge } from "./bridge.ts";

const bridges = new WeakMap<object, Bridge>();

/** Keeps what stands behind an agent, for those who start its runs from within a run. */
export function keepBridge<T extends object>(agent: T, bridge: Bridge): T {
  bridges.set(agent, bridge);
  return agent;
}

/** What stands behind an agent. Throws `INVALID_ARGUMENT` for what `createInngestAgent` did not return. */
export function bridgeBehind(agent: unknown): Bridge {
  const bridge = typeof agent === "object" && agent !== null ? bridges.get(agent) : undefined;
  if (bridge) return bridge;
  throw new StorageError("INVALID_ARGUMENT", "An agent of createInngestAgent is needed.");
}
