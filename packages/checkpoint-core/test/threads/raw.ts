import { type Backend, prefixRange } from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";

/** A backend that tells what was written through it, as no verb of the contract lists partitions. */
export interface Watched {
  readonly backend: Backend;
  /** Calls that change something, in partitions whose names begin so. */
  readonly writes: (prefix: string) => number;
  readonly calls: () => number;
  /** `<partition> <key> <value>` of every record in the storage. */
  readonly records: () => Promise<readonly string[]>;
}

export function watched(inner: Backend): Watched {
  const names: string[] = [];
  let calls = 0;
  const called = <T>(answer: T): T => {
    calls += 1;
    return answer;
  };
  return {
    backend: wrapBackend(inner, {
      read: (...call) => called(inner.read(...call)),
      scan: (...call) => called(inner.scan(...call)),
      write(partition, batch) {
        names.push(partition);
        return called(inner.write(partition, batch));
      },
    }),
    writes: (prefix) => names.filter((name) => name.startsWith(prefix)).length,
    calls: () => calls,
    async records() {
      const found: string[] = [];
      for (const name of new Set(names)) {
        const { records } = await inner.scan(name, { ...prefixRange(""), limit: 100_000 }, 0);
        for (const { key, value } of records)
          found.push(`${name} ${key} ${Buffer.from(value).toString("latin1")}`);
      }
      return found;
    },
  };
}

/** What may stay of a thread that is gone: that a deletion was asked for, and notes of what some task will find to be done. */
export function leftOf(records: readonly string[], name: string): readonly string[] {
  return records.filter((record) => {
    const [, key = ""] = record.split(" ");
    const expected = key.startsWith("o/delete/") || /^w\/(?!drop|erase)/.test(key);
    return record.includes(name) && !expected;
  });
}
