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

type Part = (engine: Engine) => Promise<Row[]>;

/** What is measured of an engine, in the order of the table; a part that does not concern it answers nothing. */
const all: readonly Part[] = [
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

const parts: Readonly<Record<Engine["name"], readonly Part[]>> = {
  SQLite: all,
  Postgres: all,
  Redis: all,
  memory: [encryption, depth, bytes, states],
  "node:sqlite": [writes, reads],
  "Redis, everysec": [writes, encryption],
  "DynamoDB Local": [writes, coldWrites, depth, bytes, states, reads, trips],
};

/** All rows of an engine, measured one after the other. */
export async function rowsOf(engine: Engine): Promise<Row[]> {
  const rows: Row[] = [];
  for (const part of parts[engine.name]) rows.push(...(await part(engine)));
  return rows;
}
