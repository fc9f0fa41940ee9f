import { StorageError, type StoredRecord } from "@perdure/checkpoint-core";

/** The number that a function of ours has answered; `undefined` for null. */
export function answerOf(rows: readonly unknown[]): number | undefined {
  const { answer } = fieldsOf(rows[0]);
  return answer === null ? undefined : numberOf(answer);
}

/** The text that a function of ours has answered; `undefined` for null. */
export function textOf(rows: readonly unknown[]): string | undefined {
  const { answer } = fieldsOf(rows[0]);
  if (answer !== null && typeof answer !== "string") throw corrupt();
  return answer ?? undefined;
}

/** The answers of a function of ours to so many writes: each a number, `undefined` where the partition was dropped, `busy` where it was not tried. */
export function answersOf(
  rows: readonly unknown[],
  count: number,
): readonly (number | "busy" | undefined)[] {
  const answers = (textOf(rows) ?? "").split(",");
  if (answers.length !== count) throw corrupt();
  return answers.map((answer) => {
    if (answer === "dropped") return undefined;
    return answer === "busy" ? answer : numberOf(answer);
  });
}

/** A record from a row of `key`, `value` (base64), `revision` and `expires_at`. Throws `CORRUPT` for another. */
export function storedRecord(row: unknown): StoredRecord {
  const { key, value, revision, expires_at } = fieldsOf(row);
  if (typeof key !== "string" || typeof value !== "string") throw corrupt();
  const bytes = Buffer.from(value, "base64");
  const record = {
    key,
    value: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    revision: numberOf(revision),
  };
  return expires_at === null ? record : { ...record, expiresAt: numberOf(expires_at) };
}

/** The fields of a row, by name. */
export function fieldsOf(row: unknown): Readonly<Record<string, unknown>> {
  if (typeof row !== "object" || row === null) throw corrupt();
  return row as Readonly<Record<string, unknown>>;
}

/** A whole number, which a driver gives as text, as a number or as a BigInt. */
function numberOf(value: unknown): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw corrupt();
  return number;
}

function corrupt(): StorageError {
  return new StorageError("CORRUPT", "A row of Perdure's tables does not hold what was written.");
}
