import { isSpawned } from "./above.ts";
import type { House } from "./house.ts";

/** Who works on a run: an agent of the app, or a function that somebody has written by hand. */
export type Owner = "support" | "runner" | "hand";

/** The events that begin runs, and go on with them. */
export const EVENTS: Readonly<Record<Owner, { readonly run: string; readonly resume: string }>> = {
  support: { run: "ziro/agent.run.requested", resume: "ziro/agent.resume.requested" },
  runner: { run: "world/runner.run.requested", resume: "world/runner.resume.requested" },
  hand: { run: "world/hand.run", resume: "world/hand.resume" },
};

/** Who works on a run; one that works for another has the owner of that. */
export function ownerOf(
  { ledger, script }: Pick<House, "ledger" | "script">,
  runId: string,
): Owner {
  const top = ledger.topOf(runId);
  if (isSpawned(top)) return "runner";
  const { by, owner = "support" } = script.runs.find((run) => run.runId === top) ?? {};
  return by === "hand" ? "hand" : owner;
}

/** The agent that another's run is mistaken for. */
export function otherThan(owner: Owner): "support" | "runner" {
  return owner === "runner" ? "support" : "runner";
}
