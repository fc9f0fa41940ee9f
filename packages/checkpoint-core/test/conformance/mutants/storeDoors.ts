import { type Backend, createStore, type WriteBatch } from "@perdure/checkpoint-core";
import type { OpenStore } from "../../../src/conformance/index.ts";
import { wrapBackend } from "../../wrap.ts";
import type { StoreMutant } from "./brokenStore.ts";

/** What a mutant does with a write, in place of the engine's. */
type Writing = (
  write: (batch: WriteBatch) => ReturnType<Backend["write"]>,
  batch: WriteBatch,
) => ReturnType<Backend["write"]>;

/** Stores that get large values wrong. */
export const doorMutants: readonly StoreMutant[] = [
  {
    id: "heeds-no-limit",
    does: "sends values of any size, and leaves it to the engine to refuse them",
    killedBy: "store.large-values",
    open: (options) => {
      const limits = { ...options.backend.limits, maxValueBytes: 1e9, maxWriteBytes: 1e9 };
      return createStore({ ...options, backend: wrapBackend(options.backend, { limits }) });
    },
  },
  writing(
    "acknowledges-first",
    "goes on before the pieces of a large value are written",
    "store.large-values",
    (write, batch) => {
      const isPieces = batch.writes.every(({ op, ...of }) => op !== "append" && isPiece(of));
      return isPieces ? Promise.resolve({ revision: 1 }) : write(batch);
    },
  ),
  writing(
    "forgets-what-is-split",
    "notes nowhere that a partition has pieces, so that no sweep comes",
    "store.large-values-freed",
    (write, batch) => {
      const isNote = batch.writes.some((of) => "key" in of && of.key.startsWith("w/pieces/"));
      return isNote ? Promise.resolve({ revision: 1 }) : write(batch);
    },
  ),
  writing(
    "frees-records-alone",
    "deletes the record of an upload and leaves its pieces",
    "store.large-values-freed",
    (write, batch) => write({ ...batch, writes: batch.writes.filter((of) => !isFreed(of)) }),
  ),
  writing(
    "takes-any-upload",
    "refers to an upload without holding the write to it, so that a sweep may have freed it",
    "store.large-value-under-sweep",
    (write, batch) =>
      write({
        ...batch,
        writes: batch.writes.flatMap((of): WriteBatch["writes"] => {
          if (!("key" in of) || !of.key.startsWith("u/")) return [of];
          if (of.op === "check") return [];
          return [of.op === "put" ? { ...of, expect: "any" } : of];
        }),
      }),
  ),
];

/** Stores that get encryption wrong. */
export const sealingMutants: readonly StoreMutant[] = [
  {
    id: "keeps-plaintext",
    does: "encrypts nothing where it was told to",
    killedBy: "store.encrypted-shows-nothing",
    open: (options) => createStore({ ...options, encryption: undefined }),
  },
  {
    id: "reads-plaintext-always",
    does: "reads what is not encrypted, whenever it was written by whoever",
    killedBy: "store.plaintext-refused",
    open: encrypting((encryption) => ({ ...encryption, acceptPlaintextBefore: Infinity })),
  },
  {
    id: "retires-keys-at-once",
    does: "opens only what the current key has sealed",
    killedBy: "store.keys-rotate",
    open: encrypting(({ keys, ...encryption }) => {
      const { current } = encryption;
      const key = typeof keys === "function" ? undefined : keys[current];
      return { ...encryption, keys: key ? { [current]: key } : keys };
    }),
  },
  {
    id: "seals-with-the-first-key",
    does: "goes on sealing with the key that it had first",
    killedBy: "store.keys-rotate",
    open: encrypting((encryption) => {
      const [current = ""] = Object.keys(encryption.keys);
      return { ...encryption, current };
    }),
  },
];

type Encryption = NonNullable<Parameters<OpenStore>[0]["encryption"]>;

function encrypting(change: (encryption: Encryption) => Encryption): OpenStore {
  return ({ encryption, ...options }) =>
    createStore(encryption ? { ...options, encryption: change(encryption) } : options);
}

function writing(id: string, does: string, killedBy: string, write: Writing): StoreMutant {
  return {
    id,
    does,
    killedBy,
    open(options) {
      const { backend } = options;
      const broken = wrapBackend(backend, {
        write: (name, batch) => write((right) => backend.write(name, right), batch),
      });
      return createStore({ ...options, backend: broken });
    },
  };
}

function isPiece(of: object): boolean {
  return "key" in of && /^[pu]\//.test(String(of.key));
}

function isFreed(of: WriteBatch["writes"][number]): boolean {
  return of.op === "delete" && of.key.startsWith("p/");
}
