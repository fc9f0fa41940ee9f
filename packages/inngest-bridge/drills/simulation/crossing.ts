import { encodeText } from "@perdure/checkpoint-core";
import { type AnyEvent, runOf, tenantOf } from "./about.ts";
import type { House } from "./house.ts";
import { actor } from "./stage.ts";

/** Where the houses of the world stand, and whose code runs now. */
interface Street {
  readonly houses: readonly [House, ...House[]];
  readonly house: () => House;
}

/** The tenant in a partition's name; what lists across tenants has none. */
const TENANT = /^\w+\/\d+\.([^/]*)/;

/** An event that is about a run says whose it is: that of whoever sends it. Only a round of upkeep sends what is of different tenants. */
export function crossesIn({ houses, house }: Street, events: readonly AnyEvent[]): void {
  if (houses.every(({ tenant }) => tenant === undefined)) return;
  const own = actor()?.tenant;
  for (const event of events) {
    const [runId, theirs] = [runOf(event), tenantOf(event)];
    if (runId !== undefined && (theirs === undefined || theirs !== (own ?? theirs)))
      house().ledger.problem(`an event on ${runId} goes out as ${theirs ?? "nobody"}'s`);
  }
}

/** What a callback is told of a run is what that one gave, in the tenant that it is called for. */
export function hears({ house }: Street, { runId, output }: Told): void {
  const { ledger } = house();
  const { outcome } = ledger.runs.get(runId) ?? {};
  const given = outcome?.status === "completed" ? outcome.output : undefined;
  if (given !== undefined && encodeText(given) !== encodeText(output))
    ledger.problem(`a callback is told that ${runId} gave what it did not`);
}

interface Told {
  readonly runId: string;
  readonly output: unknown;
}

/** The house whose a partition is; of one that is everybody's, that of the running code. */
export function houseWith({ houses, house }: Street, partition: string): House {
  return ownerIn(houses, partition) ?? house();
}

/** What is about a tenant reads and writes what is that tenant's. Only what looks after all, a round of upkeep, is about none. */
export function crosses(street: Street, does: "reads" | "writes", partition: string): void {
  const { tenant: own, runId } = actor() ?? {};
  const theirs = ownerIn(street.houses, partition)?.tenant;
  if (own === undefined || theirs === undefined || own === theirs) return;
  street
    .house()
    .ledger.problem(`what is about ${runId ?? "no run"} of ${own} ${does} what is ${theirs}'s`);
}

function ownerIn(houses: readonly House[], partition: string): House | undefined {
  const tenant = TENANT.exec(partition)?.[1];
  return houses.find((one) => one.tenant !== undefined && one.tenant === tenant);
}
