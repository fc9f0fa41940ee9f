import {
  checkGiven,
  type Backend,
  type BackendLimits,
  StorageError,
} from "@perdure/checkpoint-core";
import { connect, durabilities, type Durability, type Settings } from "./connection.ts";
import { type Place, placeOf, type SqliteLocation } from "./location.ts";
import { requireFile } from "./open.ts";
import { nowhere } from "./partitions.ts";
import { readRecords, scanPage } from "./read.ts";
import { createSchema, verifySchema } from "./schema.ts";
import { turns } from "./turns.ts";
import { deletePiece, entomb, writeBatch } from "./write.ts";

/** Options of {@link sqliteBackend}. */
export type SqliteBackendOptions = SqliteLocation & {
  /** `full` (the default) survives a power cut; `normal` survives a killed process, writes several times faster, and may lose the last writes at a power cut. */
  readonly durability?: Durability;
  /** Milliseconds until a call that finds the file locked by other processes throws `ContentionError`. 10,000 when not given. */
  readonly waitMs?: number;
  /**
   * Whether what is deleted or replaced is overwritten with zeros in the file, so that it cannot be found in free pages (`pragma secure_delete`). `true` when not given for a file that is opened
   * here; a connection that is passed in keeps its own setting unless this says otherwise.
   */
  readonly secureDelete?: boolean;
};

/** The names of the options of {@link sqliteBackend}; every other one is the store's. */
export const backendOptions: ReadonlySet<string> = new Set([
  "path",
  "url",
  "driver",
  "database",
  "durability",
  "waitMs",
  "secureDelete",
]);

const limits: BackendLimits = {
  maxValueBytes: 16 * 1024 * 1024,
  maxKeyBytes: 1024,
  maxWrites: 1000,
  maxWriteBytes: 64 * 1024 * 1024,
  maxReadKeys: 1000,
};

/**
 * A backend over one SQLite file, which several processes may use at once. On its connection the busy timeout is 0 (waiting is asynchronous here) and
 * `synchronous` is what `durability` says; `setup` puts the file into WAL mode. A transaction is synchronous, so one connection needs no pool. The file is not
 * touched before the first use: a place that cannot be opened is told by `setup`, or by the first verb.
 */
export function sqliteBackend(options: SqliteBackendOptions): Backend {
  checkGiven("sqliteBackend", options);
  const { place, settings, waitMs } = checked(options);
  const queue = turns({ waitMs });
  const connection = connect(place, settings, queue);
  const last = nowhere();
  return {
    name: "sqlite",
    limits,
    async setup(mode) {
      if (mode === "verify" && "path" in place) requireFile(place.path);
      const { client, prepare } = connection.opened() ?? (await connection.get());
      if (mode === "verify") await queue.read(() => verifySchema(prepare));
      else await queue.write(() => createSchema(client, prepare));
    },
    async read(name, keys, now) {
      const { prepare } = connection.opened() ?? (await connection.get());
      return queue.read(() => readRecords(prepare, name, keys, now));
    },
    async scan(name, range, now) {
      const { prepare } = connection.opened() ?? (await connection.get());
      return queue.read(() => scanPage(prepare, name, range, now));
    },
    async write(name, batch) {
      const { prepare } = connection.opened() ?? (await connection.get());
      return { revision: await queue.write(() => writeBatch(prepare, last, name, batch)) };
    },
    async drop(name, now, held) {
      const { prepare } = connection.opened() ?? (await connection.get());
      await queue.write(() => entomb(prepare, name, now, held));
      while (await queue.write(() => deletePiece(prepare, name)));
    },
    async [Symbol.asyncDispose]() {
      await connection.close();
    },
  };
}

/** What the options say. Throws `INVALID_ARGUMENT` for what cannot be, or what nobody knows. */
function checked({ durability = "full", waitMs = 10_000, ...rest }: SqliteBackendOptions): {
  readonly place: Place;
  readonly settings: Settings;
  readonly waitMs: number;
} {
  if (!durabilities.includes(durability))
    throw invalid(`\`durability\` is ${durabilities.join(" or ")}.`);
  if (!Number.isFinite(waitMs) || waitMs < 0)
    throw invalid("`waitMs` is a number of milliseconds, 0 or more.");
  const { secureDelete, ...location } = rest;
  const unknown = Object.keys(location).find((key) => !backendOptions.has(key));
  if (unknown !== undefined) throw invalid(`The SQLite backend has no option \`${unknown}\`.`);
  const place = placeOf(location);
  return { place, settings: { durability, ...overwriting(place, secureDelete) }, waitMs };
}

/** A connection of the caller's keeps its own setting unless it is asked for another. */
function overwriting(place: Place, asked: unknown): Pick<Settings, "secureDelete"> {
  if (asked === undefined) return "path" in place ? { secureDelete: true } : {};
  if (typeof asked !== "boolean") throw invalid("`secureDelete` is true or false.");
  return { secureDelete: asked };
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
