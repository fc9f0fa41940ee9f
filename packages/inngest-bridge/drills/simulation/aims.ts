import { type Aim, type FaultKind, kindsOf, type Where } from "./kinds.ts";
import { places } from "./places.ts";

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
