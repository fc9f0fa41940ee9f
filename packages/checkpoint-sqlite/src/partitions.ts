import { DeletedError, type WriteBatch } from "@perdure/checkpoint-core";
import type { Prepare } from "./client.ts";

/** A partition's row. Its number stays that of the name for good: a drop leaves the row. */
export interface PartitionRow {
  readonly id: number;
  readonly revision: number;
  readonly dropped: boolean;
}

/** Where this process left a partition: what it is tried with first, and never relied on. */
export type Left = Pick<PartitionRow, "id" | "revision">;

/** Where this process left the partitions that it wrote to last. */
export interface Standing {
  get(name: string): Left | undefined;
  keep(name: string, id: number, revision: number): void;
}

/** Partitions that are remembered, in two halves: the older one is forgotten when the younger one is full. */
const MAX_LEFT = 4096;

/** Nothing is known yet. */
export function nowhere(): Standing {
  let [younger, older] = [new Map<string, Left>(), new Map<string, Left>()];
  return {
    get: (name) => younger.get(name) ?? older.get(name),
    keep(name, id, revision) {
      if (younger.size >= MAX_LEFT / 2) [younger, older] = [new Map(), younger];
      younger.set(name, { id, revision });
    },
  };
}

/** The partition's row; `undefined` where nothing was ever written to it. */
export function lookUp(prepare: Prepare, name: string): PartitionRow | undefined {
  return partitionRow(
    prepare("select id, revision, dropped from perdure_partition where name = ?").get(name),
  );
}

/** The partition as it stands; number 0 where it holds nothing. Throws `DeletedError`. */
export function found(prepare: Prepare, name: string, { revive }: WriteBatch): PartitionRow {
  const row = lookUp(prepare, name);
  if (row?.dropped && !revive) throw deleted(name);
  if (!row) return { id: 0, revision: 0, dropped: false };
  return row.dropped ? { ...row, id: 0 } : row;
}

const advanceLeft =
  "update perdure_partition set revision = revision + 1 where id = ? and name = ? and revision = ? and dropped = 0";

/**
 * The partition with its revision advanced. Where nobody else has written since this process did, no row has to be returned, which is what takes the time. Throws
 * `DeletedError`.
 */
export function advanced(
  prepare: Prepare,
  left: Left | undefined,
  name: string,
  { revive }: WriteBatch,
): Left {
  if (left && Number(prepare(advanceLeft).run(left.id, name, left.revision).changes) === 1)
    return { id: left.id, revision: left.revision + 1 };
  const row =
    partitionRow(
      prepare(
        `update perdure_partition set revision = revision + 1 where name = ? and dropped = 0
         returning id, revision, dropped`,
      ).get(name),
    ) ??
    partitionRow(
      prepare(
        `insert into perdure_partition (name, revision, dropped) values (?, 1, 0)
         on conflict (name) do nothing returning id, revision, dropped`,
      ).get(name),
    );
  if (row) return row;
  if (!revive) throw deleted(name);
  return revived(prepare, name);
}

/** What a drop that was cut short has left would come back with the partition, so it goes first. */
function revived(prepare: Prepare, name: string): PartitionRow {
  prepare(
    "delete from perdure_record where partition = (select id from perdure_partition where name = ?)",
  ).run(name);
  const row = partitionRow(
    prepare(
      `update perdure_partition set revision = revision + 1, dropped = 0 where name = ?
       returning id, revision, dropped`,
    ).get(name),
  );
  if (!row) throw deleted(name);
  return row;
}

function deleted(name: string): DeletedError {
  return new DeletedError(`Partition ${name} was dropped; nothing was written.`);
}

function partitionRow(row: unknown): PartitionRow | undefined {
  if (row === undefined) return undefined;
  return {
    id: wholeNumber(row, "id"),
    revision: wholeNumber(row, "revision"),
    dropped: wholeNumber(row, "dropped") === 1,
  };
}

/** A column of whole numbers, which a connection in safe-integer mode gives as BigInt. */
export function wholeNumber(row: unknown, column: "id" | "revision" | "dropped"): number {
  return Number((row as Readonly<Record<string, unknown>>)[column]);
}
