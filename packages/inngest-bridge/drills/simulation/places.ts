import type { Aim, Place, Where } from "./kinds.ts";

/**
 * The places that runs come to, and the states in which they do, in at least one of a hundred seeds; found by running many. `R` (rare) marks what fewer than one in eight come to, `S` (seldom) what fewer than one in two do.
 */
const STATES = {
  call: {
    "call begin": "none:R queued:S running suspended:R ended:S",
    "call budget": "running:R ended:R",
    "call cancelled": "running:R ended:R",
    "call claim": "queued:R running suspended:R failed:R ended:S",
    "call continue": "running:R suspended:R ended:R",
    "call decide": "running:R suspended:S ended:R",
    "call expire": "none:R",
    "call failure": "running:R failed:R ended:R",
    "call first": "none queued running suspended failed:R ended:S",
    "call hold": "running:S ended:R",
    "call keep": "running:S ended:R",
    "call look": "none:S",
    "call maintain": "none:S",
    "call ring": "queued:R running:R suspended:R ended:R",
    "call silence": "none:R",
    "call silent": "running:R",
    "call suspend": "running:S suspended:S ended:R",
    "call think": "running suspended:R ended",
    "call tool": "running ended:R",
    "call tool-book-result": "running:S ended:R",
    "call tool-clerk-result": "running:R ended:R",
    "call tool-failed": "running:R",
    "call wait": "running:S suspended:R failed:R ended:S",
    "call wake": "none:R",
  },
  post: {
    checkpoint: "none:R queued:R running:S suspended:S failed:R ended:S",
    "event due": "suspended:R",
    "event resume": "none:R queued:R running:S suspended:S failed:R ended:S",
    "event run": "queued running:R suspended:R ended:R",
  },
  write: {
    "write answer": "running",
    "write begin": "none queued running suspended failed:R ended",
    "write decision": "running:S suspended",
    "write effect": "running",
    "write handover": "none queued:R running suspended:R ended:R",
    "write index": "none queued running suspended failed:R ended",
    "write pulse": "running",
    "write result": "running",
    "write run": "none:S queued:R failed:R",
    "write settle": "running",
    "write stream": "running:S suspended:S failed:R ended:S",
    "write suspend": "running",
    "write thread": "none queued:R running:S suspended:R ended:R",
    "write unlist": "none:R",
  },
  read: { read: "none queued running suspended failed:R ended" },
  work: {
    "work book": "running:S",
    "work look": "running:S",
    "work model": "running ended:R",
    "work pay": "running:S",
    "work refund": "running",
  },
  outside: { outside: "queued:R running suspended:S failed:R ended:S" },
  people: { people: "running suspended failed:R ended:S" },
} as const satisfies { readonly [W in Where]: Readonly<Record<string, string>> };

/** What happens where no seed is about it: no seed can make people decide for the first time just when a run has failed. */
const BY_CHANCE: ReadonlySet<string> = new Set(["decision @ people, failed"]);

/** The places and their states, by where. */
export const places: { readonly [W in Where]: Readonly<Record<string, readonly string[]>> } = {
  call: statesIn(STATES.call),
  post: statesIn(STATES.post),
  write: statesIn(STATES.write),
  read: statesIn(STATES.read),
  work: statesIn(STATES.work),
  outside: statesIn(STATES.outside),
  people: statesIn(STATES.people),
};

/** An aim in words. */
export function aimName({ kind, site, state }: Aim): string {
  return `${kind} @ ${site}, ${state}`;
}

/** Whether seeds are about it. */
export function isAimedAt(aim: Aim): boolean {
  return !BY_CHANCE.has(aimName(aim));
}

const marks: ReadonlyMap<string, string> = new Map(
  Object.values(STATES).flatMap((sites) =>
    Object.entries<string>(sites).flatMap(([site, states]) =>
      states.split(" ").map((one) => {
        const [state = "", mark = ""] = one.split(":");
        return [`${site}, ${state}`, mark] as const;
      }),
    ),
  ),
);

/** A place in words. */
export function placeName({ site, state }: Pick<Place, "site" | "state">): string {
  return `${site}, ${state}`;
}

/** Few seeds come there. */
export function isRare(place: Pick<Place, "site" | "state">): boolean {
  return marks.get(placeName(place)) === "R";
}

/** All places, those that fewer seeds come to more often. */
export const weighed: readonly string[] = [...marks].flatMap(([name, mark]) =>
  mark === "" ? [name] : [name, name, name],
);

function statesIn(
  sites: Readonly<Record<string, string>>,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(sites).map(([site, states]) => [site, states.replaceAll(/:\w/g, "").split(" ")]),
  );
}
