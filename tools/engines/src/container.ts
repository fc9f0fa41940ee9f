import type { EngineName, OwnServer } from "./contract.ts";
import type { Settings } from "./plan.ts";

export async function dockerContainer(name: EngineName, settings: Settings): Promise<OwnServer> {
  throw new Error(`not yet ${name} ${Object.keys(settings).length}`);
}
