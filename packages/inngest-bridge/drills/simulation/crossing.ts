import type { House } from "./house.ts";
import { actor } from "./stage.ts";

/** Where the houses of the world stand, and whose code runs now. */
interface Street {
  readonly houses: readonly [House, ...House[]];
  readonly house: () => House;
}

/** The tenant in a partition's name; what lists across tenants has none. */
const TENANT = /^\w+\/\d+\.([^/]*)/;

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
