import { digestOf } from "@perdure/checkpoint-core";
import type { Bridge } from "./bridge.ts";
import type { IncomingEvent } from "./contract.ts";

/** The server's event about a time that a cron waited for. */
const TIMER = "inngest/scheduled.timer";

/**
 * What an event is known by, in the run that it starts and in the message that it brings: its id, the same in a rerun. The id of a cron's event is nothing but its time, and so the same for
 * each function of each app: the function and the cron are added to it.
 */
export function eventIdOf(
  { inngest, id }: Pick<Bridge, "inngest" | "id">,
  event: IncomingEvent,
  execution: string,
): string {
  const own = event.id ?? execution;
  if (event.name !== TIMER) return own;
  return `${own}-${digestOf([inngest.id, id, event.data["cron"] ?? null]).slice(0, 16)}`;
}
