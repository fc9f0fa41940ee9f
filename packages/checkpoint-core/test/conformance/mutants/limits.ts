import { StorageError } from "@perdure/checkpoint-core";
import type { BackendSubject } from "../../../src/conformance/index.ts";
import { brokenBackend, type Mutant, wrappedBackend } from "./mutant.ts";

/** Backends that cannot do what their limits say. */
export const limitMutants: readonly Mutant<BackendSubject>[] = [
  brokenBackend(
    "names-are-cut-at-255",
    "cuts partition names at 255 characters (varchar(255))",
    "law-4.longest-names",
    () => ({ place: (name) => name.slice(0, 255) }),
  ),
  wrappedBackend(
    "write-of-four-megabytes",
    "fails on writes of more than 4 MB while its limits say more (TransactWriteItems)",
    "law-9.most-bytes",
    (right) => ({
      write(name, batch) {
        const bytes = batch.writes.reduce(
          (sum, one) => sum + ("value" in one ? one.value.byteLength : 0),
          0,
        );
        if (bytes <= 4_000_000) return right.write(name, batch);
        return Promise.reject(new StorageError("BACKEND", "The collection of items is too large."));
      },
    }),
  ),
  wrappedBackend(
    "read-leaves-out",
    "answers nothing for what did not fit the answer (UnprocessedKeys of BatchGetItem)",
    "law-9.most-bytes",
    (right) => ({
      async read(name, keys, now) {
        let bytes = 0;
        return (await right.read(name, keys, now)).map((record) => {
          bytes += record?.value.byteLength ?? 0;
          return bytes > 3_000_000 ? undefined : record;
        });
      },
    }),
  ),
  wrappedBackend(
    "page-ends-early",
    "ends a page at 1 MB and does not say where to go on (LastEvaluatedKey of Query)",
    "law-9.most-bytes",
    (right) => ({
      async scan(name, range, now) {
        let bytes = 0;
        const page = await right.scan(name, range, now);
        const records = page.records.filter(
          (record) => (bytes += record.value.byteLength) < 1_000_000,
        );
        return records.length < page.records.length ? { records } : page;
      },
    }),
  ),
];
