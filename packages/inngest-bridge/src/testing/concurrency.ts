import { canonicalText, wellFormed } from "./canonical.ts";
import { eventPayload } from "./event.ts";
import type { Run } from "./run.ts";

/** Whether one more call of a run fits beside those under way, as its function's concurrency says. */
export function hasRoom(run: Run, underWay: readonly Run[]): boolean {
  return slotsOf(run).every(({ name, limit }) => {
    const mates = underWay.filter((other) => slotsOf(other).some((slot) => slot.name === name));
    return mates.length < limit;
  });
}

interface Slot {
  readonly name: string;
  readonly limit: number;
}

/** Runs with a slot of the same name count together: of one function, or of all in a wider scope. */
function slotsOf({ definition, event }: Run): readonly Slot[] {
  return definition.flow.concurrency.map(({ limit, scope, key }) => {
    const room = scope === "fn" ? definition.id : `of ${scope}`;
    const value = key?.value({ event: eventPayload(event) });
    const name = value === undefined ? room : `${room} ${canonicalText(wellFormed(value))}`;
    return { name, limit };
  });
}
