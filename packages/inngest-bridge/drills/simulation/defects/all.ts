import type { Defect } from "../defect.ts";
import { wrongAgents } from "./agents.ts";
import { wrongBridges } from "./bridges.ts";
import { withoutExpectations } from "./expectations.ts";
import { wrongNeighbours } from "./neighbours.ts";
import { failedProtocols } from "./protocol.ts";
import { wrongHandovers, wrongStores } from "./stores.ts";

/** Every planted defect. */
export const defects: readonly Defect[] = [
  ...withoutExpectations,
  ...wrongStores,
  ...wrongHandovers,
  ...wrongBridges,
  ...failedProtocols,
  ...wrongAgents,
  ...wrongNeighbours,
];
