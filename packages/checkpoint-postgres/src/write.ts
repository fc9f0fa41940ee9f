import { ConflictError, DeletedError } from "@perdure/checkpoint-core";
import type { Expectation, HeldRecord, Write, WriteBatch } from "@perdure/checkpoint-core";
import { textArray } from "./arrays.ts";
import { expectations, kinds, modes } from "./functions.ts";
import type { Names } from "./names.ts";
import { answerOf, textOf } from "./rows.ts";
import { type Session, type Statement, statement } from "./session.ts";

/** Records that a drop deletes in one transaction: few enough that nobody waits long for the partition. */
const DROP_RECORDS = 500;

/** The statements that write under these names. */
export interface WriteStatements {
  readonly write: Statement;
  readonly entomb: Statement;
  readonly sweep: Statement;
}

export function writeStatements({ qualified }: Names): WriteStatements {
  return {
    write: statement(`select ${qualified("write")}($1, $2, $3, $4, $5, $6) as answer`),
    entomb: statement(`select ${qualified("entomb")}($1, $2, $3, $4) as answer`),
    sweep: statement(`select ${qualified("sweep")}($1, $2, $3, $4) as answer`),
  };
}

/** Applies a batch in one round trip and gives the partition's revision after it. */
export async function writeBatch(
  session: Session,
  { write }: WriteStatements,
  name: string,
  { writes, now, revive = false }: WriteBatch,
  durable: boolean,
): Promise<number> {
  const mode =
    (revive ? modes.revive : 0) +
    (writes.every(({ op }) => op === "check") ? modes.checksOnly : 0) +
    (durable ? modes.durable : 0);
  const rows = await session.run(write, [
    name,
    now,
    mode,
    textArray(writes.map((entry) => (entry.op === "append" ? entry.prefix : entry.key))),
    `{${writes.map(numbersOf).join()}}`,
    Buffer.concat(writes.flatMap((entry) => ("value" in entry ? [entry.value] : []))),
  ]);
  const answer = answerOf(rows);
  if (answer === undefined)
    throw new DeletedError(`Partition ${name} was dropped; nothing was written.`);
  const failed = writes[-answer - 1];
  if (!failed) return answer;
  throw conflict(name, failed);
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
