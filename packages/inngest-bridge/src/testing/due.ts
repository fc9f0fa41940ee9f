import type { Job } from "./agenda.ts";
import type { World } from "./world.ts";

/** A priority moves what is due within so many milliseconds, and nothing that is later. */
const SOON_MS = 2000;

/** Puts a call of a run on the agenda. One whose run has a priority goes before what was due so much earlier; one of a run that stands behind (below 0) comes so much later, each time. */
export function addCall(
  { agenda, clock }: Pick<World, "agenda" | "clock">,
  at: number,
  job: Extract<Job, { readonly kind: "call" }>,
  priorityMs = 0,
): void {
  const lead = at <= clock.now() + SOON_MS ? priorityMs : 0;
  agenda.add(at + Math.max(0, -lead), job, Math.max(0, lead));
}
