import { randomUUID } from "node:crypto";

/** A name that nobody else has: lower-case letters, digits and `_`, 36 characters; good for a database, a schema, a table prefix or a key prefix as it is. */
export function freshName(): string {
  return `fit_${randomUUID().replaceAll("-", "")}`;
}
