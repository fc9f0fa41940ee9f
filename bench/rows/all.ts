import type { Engine } from "../engines/engine.ts";
import type { Row } from "../table.ts";
import { bytes } from "./bytes.ts";
import { coldWrites } from "./coldWrites.ts";
import { crowd } from "./crowd.ts";
import { depth } from "./depth.ts";
import { encryption } from "./encryption.ts";
import { langGraph } from "./langGraph.ts";
import { reads } from "./reads.ts";
import { states } from "./states.ts";
import { strangers } from "./strangers.ts";
import { trips } from "./trips.ts";
import { writes } from "./writes.ts";

/** What is measured of an engine, in the order of the table; a part that does not concern it answers nothing. */
export const parts: readonly ((engine: Engine) => Promise<Row[]>)[] = [
  writes,
  coldWrites,
  encryption,
  depth,
  bytes,
  states,
  langGraph,
  reads,
  trips,
  crowd,
  strangers,
];
