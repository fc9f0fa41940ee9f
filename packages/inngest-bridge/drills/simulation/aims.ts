import { type FaultKind, kindsOf, type Where } from "./faults.ts";
import { places } from "./places.ts";

/** What a seed is about: one kind of fault at one place, while the run is in one state. */
export interface Aim {
  readonly kind: FaultKind;
  readonly site: string;
  readonly state: string;
}

/** Every kind of fault at every place. */
export const aims: readonly [Aim, ...Aim[]] = [
  { kind: "lose-response", site: "call first", state: "queued" },
  ...(Object.keys(places) as Where[]).flatMap((where) =>
    kindsOf[where].flatMap((kind: FaultKind) =>
      Object.entries(places[where]).flatMap(([site, states]) =>
        states.map((state) => ({ kind, site, state })),
      ),
    ),
  ),
];

/** An aim in words. */
export function aimName({ kind, site, state }: Aim): string {
  return `${kind} @ ${site}, ${state}`;
}
