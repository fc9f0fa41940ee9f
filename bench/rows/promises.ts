import type { Engine } from "../engines/engine.ts";
import type { Row } from "../table.ts";

/** A ratio that is kept when it is not exceeded; or one that was asked and is not reached, so that it is only told. */
export type Promised = number | { readonly aim: number };

/** What was asked of an engine; what is absent is only told. */
export interface Promises {
  /** Bytes after 200 messages, against the messages' own. */
  readonly bytes?: Promised;
  /** Messages 981-1000 against 101-120. */
  readonly depth?: Promised;
  /** `append` against the driver's insert of the same message. */
  readonly append?: Promised;
  /** The same of a history. */
  readonly historyAppend?: Promised;
  /** A get of the head against a read and parse of the same rows. */
  readonly get?: Promised;
  /** An append to an encrypted store against a plain one that takes so many microseconds more. */
  readonly encryption?: { readonly more: number; readonly ratio: Promised };
  /** The same against a plain one that makes the bare calls of the cipher beside it. */
  readonly cipher?: Promised;
  /** How often the engine is asked for a get of the head by a process that has just started; twice when not said. */
  readonly tripsOfGet?: number;
  /** A put of a whole state of 200 messages against a millisecond of a processor; 1 when not said. */
  readonly wholeState?: Promised;
  /** A put of a whole state of 200 messages against LangGraph's. */
  readonly langGraph?: Promised;
  /** 16 threads that grow at once, against LangGraph's. */
  readonly crowd?: Promised;
}

export const promises: Readonly<Record<Engine["name"], Promises>> = {
  memory: { bytes: 1.7, depth: 1.25, encryption: { more: 25, ratio: 1 } },
  SQLite: {
    bytes: 1.7,
    depth: 1.25,
    append: 2,
    historyAppend: { aim: 1.4 },
    get: 2,
    encryption: { more: 25, ratio: { aim: 1 } },
    cipher: 1.05,
    langGraph: 1,
  },
  "node:sqlite": {},
  Postgres: {
    bytes: 1.9,
    depth: 1.25,
    append: 1.5,
    historyAppend: 1.3,
    get: 2,
    encryption: { more: 0, ratio: 1.15 },
    langGraph: 1 / 5,
    crowd: 1 / 12,
  },
  Redis: {
    bytes: 2,
    depth: 1.25,
    append: 1.6,
    historyAppend: 1.4,
    get: 2,
    encryption: { more: 0, ratio: 1.2 },
  },
  "Redis, everysec": {
    append: { aim: 1.6 },
    historyAppend: { aim: 1.4 },
    encryption: { more: 0, ratio: { aim: 1.2 } },
  },
  "DynamoDB Local": { bytes: 2, depth: 1.25, tripsOfGet: 3, wholeState: { aim: 1 } },
};

/** A promise as a part of a row. */
export function held(promised: Promised | undefined): Pick<Row, "atMost" | "aim"> {
  if (promised === undefined) return {};
  return typeof promised === "number" ? { atMost: promised } : promised;
}
