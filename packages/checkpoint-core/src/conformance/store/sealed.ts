import assert from "node:assert/strict";
import type { Backend } from "../../backend/contract.ts";
import { isStorageError } from "../../errors.ts";
import type { EncryptionOptions, SealingOptions } from "../../store/sealing/options.ts";
import { type Bench, type StoreCase, storeCase, THEN, viewOf } from "./bench.ts";

const SECRET = "the spare key is under the third stone";
const plain: SealingOptions = { encryption: undefined, compress: false };

/** What encryption promises, whatever the engine. */
export const storedSealed: readonly StoreCase[] = [
  storeCase(
    "encrypted-shows-nothing",
    "an encrypted store gives the engine nothing that can be read, and opens for its own key alone",
    async ({ here, there }) => {
      const seen: Uint8Array[] = [];
      const sealed = sealedBy("a");
      await here({ sealing: sealed, through: watching(seen) }).checkpoints.put("t", { SECRET });
      assert.ok(seen.length > 2);
      for (const value of seen)
        assert.ok(!Buffer.from(value).includes(SECRET), "the engine sees the value");
      assert.deepEqual(await there({ sealing: sealed }).checkpoints.get("t"), { SECRET });
      assert.equal(await codeOf(there, plain), "KEY_MISSING");
      assert.equal(await codeOf(there, sealedBy("b")), "KEY_MISSING");
      const wrong = { encryption: { keys: { a: keyOf("z") }, current: "a" } };
      assert.equal(await codeOf(there, wrong), "WRONG_KEY");
    },
  ),
  storeCase(
    "plaintext-refused",
    "an encrypted store reads nothing that is not encrypted, except before the instant that it was told",
    async ({ here, there }) => {
      await here({ sealing: plain }).checkpoints.put("t", 1);
      const sealing = sealedBy("a");
      assert.equal(await codeOf(there, sealing), "PLAINTEXT");
      const { encryption } = sealing;
      const until = { encryption: { ...encryption, acceptPlaintextBefore: THEN + 1 } };
      assert.equal(await codeOf(there, until), 1);
      assert.equal(await codeOf(there, until, THEN + 1), "PLAINTEXT");
    },
  ),
  storeCase(
    "keys-rotate",
    "a new key seals what is written from then on, and what the old one sealed is read as long as it is there",
    async ({ here, there }) => {
      const old = sealedBy("a");
      const both = { encryption: { keys: { a: keyOf("a"), b: keyOf("b") }, current: "b" } };
      const alone = sealedBy("b");
      await here({ sealing: old }).checkpoints.put("t", 1);
      assert.equal(await codeOf(there, both), 1);
      const store = here({ sealing: both });
      await store.checkpoints.put("t", 2);
      await store.checkpoints.put("new", 3);
      assert.equal(await codeOf(there, both), 2);
      assert.equal(await there({ sealing: alone }).checkpoints.get("new"), 3);
      await assert.rejects(
        async () => there({ sealing: alone }).threads.get("t"),
        (error) =>
          isStorageError(error) && error.code === "KEY_MISSING" && error.message.includes('"a"'),
      );
    },
  ),
];

function sealedBy(keyId: string): { readonly encryption: EncryptionOptions } {
  return { encryption: { keys: { [keyId]: keyOf(keyId) }, current: keyId } };
}

function keyOf(keyId: string): Uint8Array {
  return new Uint8Array(32).fill(keyId.charCodeAt(0));
}

/** The state of `t`, or the code of what reading it throws. */
async function codeOf(open: Bench["there"], sealing: SealingOptions, at = THEN): Promise<unknown> {
  try {
    return await open({ sealing, at }).checkpoints.get("t");
  } catch (error) {
    if (isStorageError(error)) return error.code;
    throw error;
  }
}

/** A view of a backend that keeps each value that it is given. */
function watching(seen: Uint8Array[]): (backend: Backend) => Backend {
  return (backend) =>
    viewOf(backend, {
      write(partition, batch) {
        for (const write of batch.writes) if ("value" in write) seen.push(write.value);
        return backend.write(partition, batch);
      },
    });
}
