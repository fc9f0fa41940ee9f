import {
  checkGiven,
  type Backend,
  type BackendLimits,
  StorageError,
} from "@perdure/checkpoint-core";
import { dropPartition } from "./drop.ts";
import { type Ground, readRecords } from "./instant.ts";
import { known } from "./known.ts";
import { type DynamoLocation, type Place, placeOf } from "./location.ts";
import { scanPage } from "./scan.ts";
import { createTable, verifyTable } from "./schema.ts";
import { tableAt } from "./table.ts";
import { turns } from "./turns.ts";
import { writeBatch } from "./write.ts";

/** Options of {@link dynamoBackend}. */
export type DynamoBackendOptions = DynamoLocation & {
  /** Milliseconds until a call that keeps meeting writes of other processes throws `ContentionError`. 10,000 when not given. */
  readonly waitMs?: number;
};

/** The names of the options of {@link dynamoBackend}; every other one is the store's. */
export const backendOptions: ReadonlySet<string> = new Set([
  "client",
  "table",
  "region",
  "endpoint",
  "credentials",
  "url",
  "waitMs",
]);

/**
 * An item holds 400 KB with its keys and names, a transaction 100 items and 4 MB with theirs (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html); one of the items is the partition's own. It names the keys
 * of the others, each of which has its partition key beside it. A sort key has 1,024 bytes, a few of which say the life.
 */
const limits: BackendLimits = {
  maxValueBytes: 396 * 1024,
  maxKeyBytes: 1000,
  maxWrites: 99,
  maxWriteBytes: 3_800_000,
  maxReadKeys: 99,
};

/**
 * A backend over one DynamoDB table, which any number of processes may use at once. A partition is the items of one partition key; a write is one conditional put, or one transaction where records of more than a few bytes
 * are in it. Nothing is asked before the first use.
 */
export function dynamoBackend(options: DynamoBackendOptions): Backend {
  checkGiven("dynamoBackend", options);
  const { place, waitMs } = checked(options);
  const table = tableAt(place);
  const ground: Ground = { table, known: known(), waitMs };
  const queue = turns();
  const underWay = new Set<Promise<unknown>>();
  let closed = false;
  const ours = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) throw new StorageError("CLOSED", "The DynamoDB backend was closed.");
    const call = work();
    underWay.add(call);
    try {
      return await call;
    } catch (error) {
      throw table.failure(error);
    } finally {
      underWay.delete(call);
    }
  };
  return {
    name: "dynamodb",
    limits,
    setup: (mode) => ours(() => (mode === "verify" ? verifyTable(table) : createTable(table))),
    read: (name, keys, now) => ours(() => readRecords(ground, name, keys, now)),
    scan: (name, range, now) => ours(() => scanPage(ground, name, range, now)),
    async write(name, batch) {
      const work = (): Promise<number> => writeBatch(ground, name, batch);
      return { revision: await ours(() => queue.take(name, work)) };
    },
    drop: (name, now, held) =>
      ours(() => queue.take(name, () => dropPartition(ground, name, now, held))),
    async [Symbol.asyncDispose]() {
      closed = true;
      await Promise.allSettled(underWay);
      table.close();
    },
  };
}

/** What the options say. Throws `INVALID_ARGUMENT` for what cannot be, or what nobody knows. */
function checked({ waitMs = 10_000, ...location }: DynamoBackendOptions): {
  readonly place: Place;
  readonly waitMs: number;
} {
  if (!Number.isFinite(waitMs) || waitMs < 0)
    throw invalid("`waitMs` is a number of milliseconds, 0 or more.");
  const unknown = Object.keys(location).find((key) => !backendOptions.has(key));
  if (unknown !== undefined) throw invalid(`The DynamoDB backend has no option \`${unknown}\`.`);
  return { place: placeOf(location), waitMs };
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
