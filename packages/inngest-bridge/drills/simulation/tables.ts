import type { Coverage } from "./coverage.ts";
import { isHard } from "./hard.ts";
import { type FaultKind, kindsOf, type Where } from "./kinds.ts";
import { places } from "./places.ts";
import { REQUESTS, spots, STATES } from "./spots.ts";

/** Each kind of fault at each place that runs come to, by the run's state: a table in Markdown. */
export function placesTable(coverage: Coverage): string {
  const rows = wheres.flatMap((where) =>
    kindsOf[where].flatMap((kind: FaultKind) =>
      Object.entries(places[where]).map(([site, states]: [string, readonly string[]]) => {
        const cells = STATES.map((state) =>
          states.includes(state) ? `${coverage.times({ kind, site, state })}` : "",
        );
        return `| ${kind} | ${site} | ${cells.join(" | ")} |`;
      }),
    ),
  );
  return [
    `| fault | at | ${STATES.join(" | ")} |`,
    `| --- | --- | ${STATES.map(() => "--:").join(" | ")} |`,
    ...rows,
  ].join("\n");
}

/** Each kind of fault in each state of a run, by the number of the run's request: a table in Markdown. What cannot be is empty, what is hard to reach stands in brackets. */
export function requestsTable(coverage: Coverage): string {
  const numbers = Array.from({ length: REQUESTS }, (_, place) => place + 1);
  const rows = wheres.flatMap((where) =>
    kindsOf[where].flatMap((kind: FaultKind) =>
      STATES.filter((state) =>
        spots.some((spot) => spot.where === where && spot.state === state),
      ).map((state) => {
        const cells = numbers.map((request) => cellOf(coverage, kind, { where, state, request }));
        return `| ${where} | ${kind} | ${state} | ${cells.join(" | ")} |`;
      }),
    ),
  );
  const heads = numbers.map((number) => (number === REQUESTS ? `${number}+` : `${number}`));
  return [
    `| at a | fault | of a run that is | ${heads.join(" | ")} |`,
    `| --- | --- | --- | ${numbers.map(() => "--:").join(" | ")} |`,
    ...rows,
  ].join("\n");
}

const wheres = Object.keys(places) as Where[];

function cellOf(coverage: Coverage, kind: FaultKind, wanted: (typeof spots)[number]): string {
  const spot = spots.find(
    ({ where, state, request }) =>
      where === wanted.where && state === wanted.state && request === wanted.request,
  );
  if (!spot) return "";
  const cell = { kind, spot };
  const times = `${coverage.timesAt(cell)}`;
  return isHard(cell) ? `(${times})` : times;
}
