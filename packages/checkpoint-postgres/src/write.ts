import { ConflictError, DeletedError } from "@perdure/checkpoint-core";
import type { Expectation, HeldRecord, Write, WriteBatch } from "@perdure/checkpoint-core";
import { textArray } from "./arrays.ts";
import type { Convoy, Ways, WriteCall } from "./convoy.ts";
import { expectations, kinds, modes } from "./functions.ts";
import type { Names } from "./names.ts";
import { answerOf, answersOf, textOf } from "./rows.ts";
import { type Session, type Statement, statement } from "./session.ts";

/** Records that a drop deletes in one transaction: few enough that nobody waits long for the partition. */
const DROP_RECORDS = 500;

/** The statements that write under these names. */
export interface WriteStatements {
  readonly write: Statement;
  readonly writes: Statement;
  readonly entomb: Statement;
  readonly sweep: Statement;
}

export function writeStatements({ qualified }: Names): WriteStatements {
  return {
    write: statement(`select ${qualified("write")}($1, $2, $3, $4, $5, $6) as answer`),
    writes: {
      ...statement(`select ${qualified("writes")}($1, $2, $3, $4, $5) as answer`),
      once: true,
    },
    entomb: statement(`select ${qualified("entomb")}($1, $2, $3, $4) as answer`),
    sweep: statement(`select ${qualified("sweep")}($1, $2, $3, $4) as answer`),
  };
}

/** The ways of a convoy to the functions of these names. */
export function waysOf(session: Session, { write, writes }: WriteStatements): Ways {
  return {
    async alone({ name, now, mode, keys, numbers, values }) {
      return answerOf(
        await session.run(write, [name, now, mode, textArray(keys), `{${numbers}}`, values]),
      );
    },
    async together(calls) {
      const rows = await session.run(writes, [
        textArray(calls.map(({ name }) => name)),
        `{${calls.map(shapeOf).join()}}`,
        textArray(calls.flatMap(({ keys }) => keys)),
        `{${calls.map(({ numbers }) => numbers).join()}}`,
        Buffer.concat(calls.map(({ values }) => values)),
      ]);
      return answersOf(rows, calls.length);
    },
  };
}

/** Applies a batch and gives the partition's revision after it: one round trip, or a second one where the first was shared with others and somebody else was writing there. */
export async function writeBatch(
  convoy: Convoy,
  name: string,
  batch: WriteBatch,
  durable: boolean,
): Promise<number> {
  const answer = await convoy.send(callOf(name, batch, durable));
  if (answer === undefined)
    throw new DeletedError(`Partition ${name} was dropped; nothing was written.`);
  const failed = batch.writes[-answer - 1];
  if (!failed) return answer;
  throw conflict(name, failed);
}

function callOf(
  name: string,
  { writes, now, revive = false }: WriteBatch,
  durable: boolean,
): WriteCall {
  const mode =
    (revive ? modes.revive : 0) +
    (writes.every(({ op }) => op === "check") ? modes.checksOnly : 0) +
    (durable ? modes.durable : 0) +
    (isMostlyNew(writes) ? modes.mostlyNew : 0);
  return {
    name,
    now,
    mode,
    keys: writes.map((entry) => (entry.op === "append" ? entry.prefix : entry.key)),
    numbers: writes.map(numbersOf).join(),
    values: Buffer.concat(writes.flatMap((entry) => ("value" in entry ? [entry.value] : []))),
  };
}

/** Whether there are only new records, and one at most that may take the place of another. */
function isMostlyNew(writes: readonly Write[]): boolean {
  let replaced = 0;
  for (const entry of writes) {
    if (entry.op === "append") continue;
    if (entry.op !== "put") return false;
    if (entry.expect !== "absent") replaced += 1;
  }
  return replaced < 2;
}

/** Time, mode, entries and bytes of a write, as the function takes them. */
function shapeOf({ now, mode, keys, values }: WriteCall): string {
  return [now, mode, keys.length, values.byteLength].join();
}

/** Marks the partition as dropped, if it still holds what the drop is held to; then its records go, piece by piece. */
export async function dropPartition(
  session: Session,
  { entomb, sweep }: WriteStatements,
  name: string,
  now: number,
  held: HeldRecord | undefined,
  durable: boolean,
): Promise<void> {
  const answer = answerOf(
    await session.run(entomb, [name, now, held?.key ?? null, held?.revision ?? null]),
  );
  if (answer === 0) return;
  if (held && answer === -1)
    throw new ConflictError(
      `Key ${held.key} of partition ${name} is not ${held.revision}; nothing was dropped.`,
      { key: held.key },
    );
  // The last one's commit keeps the tombstone too: the log is written in order.
  for (let from: string | undefined = ""; from !== undefined; )
    from = textOf(await session.run(sweep, [name, from, DROP_RECORDS, durable]));
}

/** Kind, expectation, bytes and expiry of an entry, as the function takes them. */
function numbersOf(entry: Write): string {
  const valued = "value" in entry;
  const expect = entry.op === "append" ? "any" : entry.expect;
  return [
    kinds[entry.op],
    expectationOf(expect),
    valued ? entry.value.byteLength : 0,
    (valued ? entry.expiresAt : undefined) ?? "null",
  ].join();
}

function expectationOf(expect: Expectation): number {
  return typeof expect === "number" ? expect : expectations[expect];
}

function conflict(name: string, failed: Write): ConflictError {
  const { key, expect } = { key: "", expect: "any", ...failed };
  return new ConflictError(
    `Key ${key} of partition ${name} is not ${expect}; nothing was written.`,
    {
      key,
    },
  );
}
