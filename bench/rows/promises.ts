import type { Engine } from "../engines/engine.ts";

/** What was promised of an engine, as ratios that are kept when they are not exceeded; what is absent is only told. */
export interface Promises {
  /** Bytes after 200 messages, against the messages' own. */
  readonly bytes: number;
  /** Messages 981-1000 against 101-120. */
  readonly depth: number;
  /** `append` against the driver's insert of the same message. */
  readonly append?: number;
  /** The same of a history. */
  readonly historyAppend?: number;
  /** A get of the head against a read and parse of the same rows. */
  readonly get?: number;
  /** An append to an encrypted store against a plain one that takes so many microseconds more. */
  readonly encryption: { readonly more: number; readonly atMost?: number };
  /** A put of a whole state of 200 messages against LangGraph's. */
  readonly langGraph?: number;
  /** 16 threads that grow at once, against LangGraph's. */
  readonly crowd?: number;
}

export const promises: Readonly<Record<Engine["name"], Promises>> = {
  memory: { bytes: 1.7, depth: 1.25, encryption: { more: 25, atMost: 1 } },
  SQLite: {
    bytes: 1.7,
    depth: 1.25,
    append: 2,
    get: 2,
    encryption: { more: 25 },
    langGraph: 1,
  },
  Postgres: {
    bytes: 1.9,
    depth: 1.25,
    append: 1.5,
    historyAppend: 1.3,
    get: 2,
    encryption: { more: 0, atMost: 1.15 },
    langGraph: 1 / 5,
    crowd: 1 / 12,
  },
  Redis: {
    bytes: 2,
    depth: 1.25,
    append: 1.6,
    historyAppend: 1.4,
    get: 2,
    encryption: { more: 0, atMost: 1.2 },
  },
};

/** A promise as a part of a row. */
export function atMost(ratio: number | undefined): { readonly atMost?: number } {
  return ratio === undefined ? {} : { atMost: ratio };
}
