import { type FaultKind, kindsOf, type Place, type Where } from "./kinds.ts";

/** The states of a run, in the order of the tables. */
export const STATES = ["none", "queued", "running", "suspended", "failed", "ended"] as const;

/** Requests that are told apart; all later ones are the last. */
export const REQUESTS = 13;

/** Where in a run something can go wrong, whatever is done there: what is reached, how the run stands, and which of the server's requests for it was the last. */
export interface Spot {
  readonly where: Where;
  readonly state: string;
  /** From 1 to `REQUESTS`. */
  readonly request: number;
}

/** The spot of a place; none of one that is about no run. */
export function spotOf({ where, state, request }: Place): Spot | undefined {
  return request === undefined ? undefined : { where, state, request: Math.min(request, REQUESTS) };
}

/** A spot in words. */
export function spotName({ where, state, request }: Spot): string {
  return `${where}, ${state}, ${request}`;
}

/** One kind of fault at a spot, in words. */
export function cellName(kind: FaultKind, spot: Spot): string {
  return `${kind} @ ${spotName(spot)}`;
}

/** A kind of fault at a spot. */
export interface Cell {
  readonly kind: FaultKind;
  readonly spot: Spot;
}

/** The first request at which each state can be, by what is reached; none where it cannot be. Why not is said beside it. */
const FIRST: { readonly [W in Where]: Readonly<Partial<Record<string, number>>> } = {
  // What the server sends first finds a run that nobody has begun. A failure takes two requests: in one a step fails for good, in the next somebody says so.
  call: { none: 1, queued: 1, running: 2, suspended: 2, failed: 3, ended: 1 },
  post: { none: 1, queued: 1, running: 1, suspended: 1, failed: 2, ended: 1 },
  write: { none: 1, queued: 1, running: 1, suspended: 1, failed: 2, ended: 1 },
  read: { none: 1, queued: 1, running: 1, suspended: 1, failed: 2, ended: 1 },
  // Models and tools work for who has the run; an end from outside they may not know of yet.
  work: { running: 1, ended: 1 },
  // To a run that is not there nothing is done.
  outside: { queued: 1, running: 1, suspended: 1, failed: 2, ended: 1 },
  // Nobody is asked by a run that has not begun.
  people: { running: 1, suspended: 1, failed: 2, ended: 1 },
};

/** Every spot that can be. */
export const spots: readonly Spot[] = (Object.keys(FIRST) as Where[]).flatMap((where) =>
  STATES.flatMap((state) => {
    const first = FIRST[where][state];
    const count = first === undefined ? 0 : REQUESTS - first + 1;
    return Array.from({ length: count }, (_, place) => ({
      where,
      state,
      request: (first ?? 1) + place,
    }));
  }),
);

/** Whether faults happen there by themselves; what people do is up to them. */
export function isHeld({ where }: Spot): boolean {
  return where !== "outside" && where !== "people";
}

/** Every kind of fault at every spot. */
export const cells: readonly Cell[] = spots.flatMap((spot) =>
  kindsOf[spot.where].map((kind: FaultKind) => ({ kind, spot })),
);
