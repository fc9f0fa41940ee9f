import { KeyObject } from "node:crypto";
import { StorageError } from "../../errors.ts";

/** A key of 256 bits: 32 bytes, or a secret `KeyObject` of them. */
export type MasterKey = Uint8Array | KeyObject;

/** Whether values are compressed: not at all, or from how many bytes on and how hard. */
export interface CompressionOptions {
  /** Values of fewer bytes are kept as they are: 4,096 when not given, at least 1. */
  readonly minBytes?: number | undefined;
  /** Of zstd, 1 to 19: 1 when not given. */
  readonly level?: number | undefined;
}

/** How values are encrypted: AES-256-GCM, under a key of the partition that is derived from one of the tenant, derived from a master key. */
export interface EncryptionOptions {
  /**
   * The master keys by their ids, or a function that finds one: it is asked when an id is first met, and again after it found none or failed. What is stored names the id of its key, so a key
   * must stay here as long as anything is sealed with it.
   */
  readonly keys:
    | Readonly<Record<string, MasterKey>>
    | ((keyId: string) => MasterKey | undefined | Promise<MasterKey | undefined>);
  /** The id of the key that seals what is written from now on: 1 to 255 bytes of UTF-8. */
  readonly current: string;
  /**
   * Until when records that are not encrypted are read, by the store's clock: for the time after encryption was switched on for a store that has data. A record that is not encrypted has no
   * date that could be trusted, so it is the reading that ends, whenever it was written. When not given, none is read.
   */
  readonly acceptPlaintextBefore?: Date | number | undefined;
}

/** How values become what a backend holds. */
export interface SealingOptions {
  /** On when not given; `false` turns it off. What was compressed is read whatever it says. */
  readonly compress?: boolean | CompressionOptions | undefined;
  /** Off when not given. */
  readonly encryption?: EncryptionOptions | undefined;
}

/** The options with their defaults, checked. */
export interface CheckedSealing {
  readonly minBytes: number;
  readonly level: number;
  readonly encryption?: {
    readonly find: (keyId: string) => MasterKey | undefined | Promise<MasterKey | undefined>;
    readonly current: string;
    readonly plaintextUntil: number;
  };
}

/** Where compression begins to pay: a page of a database. */
const MIN_BYTES = 4096;
/** Levels above cost more time than a store has. */
const MAX_LEVEL = 19;
const KEY_BYTES = 32;
const MAX_KEY_ID_BYTES = 255;

/** The options with their defaults. Throws `INVALID_ARGUMENT`. */
export function checkSealing({ compress = true, encryption }: SealingOptions): CheckedSealing {
  const compression = checkCompression(compress);
  if (encryption === undefined) return compression;
  const { keys, current, acceptPlaintextBefore } = asObject("encryption", encryption);
  checkKeyId(current);
  const plaintextUntil = acceptPlaintextBefore === undefined ? -Infinity : acceptPlaintextBefore;
  const instant = Number(plaintextUntil);
  const isInstant = typeof plaintextUntil === "number" || plaintextUntil instanceof Date;
  if (!isInstant || Number.isNaN(instant))
    throw invalid("encryption.acceptPlaintextBefore must be a date or milliseconds since 1970.");
  return {
    ...compression,
    encryption: { find: finder(keys, current), current, plaintextUntil: instant },
  };
}

/** A key's bytes, 32 of them. Throws `INVALID_ARGUMENT` for what is none. */
export function keyBytes(keyId: string, key: unknown): Uint8Array {
  const bytes =
    key instanceof KeyObject && key.type === "secret"
      ? key.export()
      : key instanceof Uint8Array
        ? key
        : undefined;
  if (bytes?.byteLength !== KEY_BYTES)
    throw invalid(
      `The key ${JSON.stringify(keyId)} must be ${KEY_BYTES} bytes, or a secret key of them.`,
    );
  return bytes;
}

function checkCompression(
  compress: boolean | CompressionOptions,
): Pick<CheckedSealing, "minBytes" | "level"> {
  if (compress === false) return { minBytes: Infinity, level: 1 };
  const { minBytes = MIN_BYTES, level = 1 } =
    compress === true ? {} : asObject("compress", compress);
  for (const [name, value, most] of [
    ["compress.minBytes", minBytes, Number.MAX_SAFE_INTEGER],
    ["compress.level", level, MAX_LEVEL],
  ] as const)
    if (!Number.isSafeInteger(value) || value < 1 || value > most)
      throw invalid(`${name} must be a whole number from 1 to ${most}.`);
  return { minBytes, level };
}

function finder(keys: unknown, current: string): NonNullable<CheckedSealing["encryption"]>["find"] {
  if (typeof keys === "function")
    return keys as EncryptionOptions["keys"] & ((id: string) => MasterKey);
  const known = new Map<string, MasterKey>();
  for (const [keyId, key] of Object.entries(asObject("encryption.keys", keys))) {
    checkKeyId(keyId);
    known.set(keyId, Uint8Array.from(keyBytes(keyId, key)));
  }
  if (!known.has(current))
    throw invalid(
      `encryption.current names ${JSON.stringify(current)}, which is not in encryption.keys.`,
    );
  return (keyId) => known.get(keyId);
}

function checkKeyId(keyId: unknown): asserts keyId is string {
  const isId =
    typeof keyId === "string" &&
    keyId !== "" &&
    Buffer.byteLength(keyId) <= MAX_KEY_ID_BYTES &&
    Buffer.from(keyId).toString("utf8") === keyId;
  if (!isId)
    throw invalid(
      // What was given instead is not told: it may be the key.
      `The id of a key must be text of 1 to ${MAX_KEY_ID_BYTES} bytes of UTF-8.`,
    );
}

function asObject<T>(what: string, value: T): T & object {
  if (typeof value !== "object" || value === null) throw invalid(`${what} must be an object.`);
  return value;
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
