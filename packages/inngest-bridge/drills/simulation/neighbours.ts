import { seededRandom } from "../../src/testing/random.ts";
import { oneOf, type RunScript, type Script } from "./script.ts";

/** Its numbers are its own, so that a world without any of this is the one that it was. */
const APART = 0xb0b;

/** How often a world has several tenants, another agent that people ask, and functions that somebody has written; and how many of its runs are theirs. */
const TENANTS = 0.2;
const OTHERS = 0.2;
const BY_HAND = 0.2;
const SHARE = 0.6;

/** A script with runs that are of different tenants, of different agents, and of functions that somebody has written: in the same app, on the same store, under the same ids. */
export function withNeighbours(script: Script, seed: number): Script {
  const random = seededRandom(seed ^ APART);
  const has = (often: number): boolean => random.next() < often;
  const [hasTenants, hasOthers, isByHand] = [has(TENANTS), has(OTHERS), has(BY_HAND)];
  const changed = (run: RunScript): RunScript => ({
    ...run,
    ...(hasOthers && has(SHARE) ? { owner: "runner" } : {}),
    ...(isByHand && has(SHARE) ? { by: "hand" } : {}),
  });
  return {
    ...script,
    others: hasOthers,
    ...(isByHand ? { byHand: oneOf(random, ["hand", "support"]) } : {}),
    runs: (hasTenants ? ofTenants(script) : script.runs).map(changed),
  };
}

/** Every other run is another tenant's, and has the name of the one ahead of it, on the thread of the same name. */
function ofTenants({ runs }: Script): readonly RunScript[] {
  const [first] = runs;
  const all = runs.length === 1 && first ? [first, first] : runs;
  return all.map((run, place) =>
    place % 2 === 0 ? ofTenant("north", run, run) : ofTenant("south", run, all[place - 1] ?? run),
  );
}

function ofTenant(tenant: string, run: RunScript, { runId, threadId }: RunScript): RunScript {
  return { ...run, runId, threadId, tenant };
}
