import { createHash, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { isStorageError, StorageError } from "../../errors.ts";
import { type CheckedSealing, keyBytes } from "./options.ts";

/** A master key as it is kept: it derives, and is never used for anything else. */
export interface Master {
  readonly id: string;
  readonly key: KeyObject;
  /** Derived as well: 4 bytes in each envelope, which tell another key of the same id from damage. */
  readonly check: Uint8Array;
}

/** The keys of a store. */
export interface Keyring {
  /** The key that seals. Throws `KEY_MISSING` where there is none, `UNAVAILABLE` where it could not be fetched. */
  current(): Promise<Master>;
  /** The key is looked for; `known` and `failure` say what came of it. */
  look(keyId: string): Promise<void>;
  /** A key that was found before; without waiting. */
  known(keyId: string): Master | undefined;
  /** Why a key could not be looked for: another matter than that there is none. */
  failure(keyId: string): StorageError | undefined;
  /** The key of a partition: the same in every process, and of no use in another partition or tenant. */
  partitionKey(master: Master, tenant: string | undefined, partition: string): KeyObject;
}

/** A partition's key, and what it was derived from. */
interface Derived {
  readonly master: Master;
  readonly tenant: string | undefined;
  readonly key: KeyObject;
}

/** Keys of partitions that are kept derived: a busy process touches some thousand threads. */
const MAX_DERIVED = 4096;
/** Master keys that are kept, and failures: more than the records of one read can name, since what a read has found must be there when its values are opened. */
const MAX_MASTERS = 10_000;
const KEY_BYTES = 32;
const CHECK_BYTES = 4;

/** The keys that the options name. */
export function keyring({ find, current }: NonNullable<CheckedSealing["encryption"]>): Keyring {
  const failures = new Bounded<StorageError>(MAX_MASTERS);
  const found = new Bounded<Master>(MAX_MASTERS);
  const derived = new Bounded<Derived>(MAX_DERIVED);
  const ask = async (keyId: string): Promise<void> => {
    failures.delete(keyId);
    try {
      const key = await find(keyId);
      if (key !== undefined) found.set(keyId, masterOf(keyId, keyBytes(keyId, key)));
    } catch (cause) {
      failures.set(keyId, notLooked(keyId, cause));
    } finally {
      asking.delete(keyId);
    }
  };
  // Who asks while it is being asked for waits for the same answer.
  const asking = new Map<string, Promise<void>>();
  const look = (keyId: string): Promise<void> => {
    const before = asking.get(keyId);
    if (before) return before;
    const asked = Promise.resolve().then(() => ask(keyId));
    asking.set(keyId, asked);
    return asked;
  };
  return {
    look,
    known: (keyId) => found.get(keyId),
    failure: (keyId) => failures.get(keyId),
    async current() {
      if (!found.get(current)) await look(current);
      const master = found.get(current);
      if (!master) throw failures.get(current) ?? missing(current);
      return master;
    },
    partitionKey(master, tenant, partition) {
      const name = `${master.id} ${partition}`;
      const cached = derived.get(name);
      if (cached?.master === master && cached.tenant === tenant) return cached.key;
      const ofTenant = derive(master.key, "tenant", tenantBytes(tenant));
      const key = derive(ofTenant, "partition", Buffer.from(partition));
      derived.set(name, { master, tenant, key });
      return key;
    },
  };
}

const keyCodes: ReadonlySet<string> = new Set(["KEY_MISSING", "WRONG_KEY", "PLAINTEXT"]);

/** True where a record cannot be read for want of its key: it may be sound, and the store opened with the wrong ones. */
export function wantsKey({ code }: StorageError): boolean {
  return keyCodes.has(code);
}

/** The error for a key that is not there, or not any more: to seal with, or to open what is named. */
export function missing(keyId: string, what?: string): StorageError {
  const use =
    what === undefined
      ? " to seal with: encryption.keys must hold the current one"
      : `, which ${what} was sealed with: give it in encryption.keys, and retire it only once copyStore has put everything into a store of another key`;
  return new StorageError("KEY_MISSING", `The store has no key ${JSON.stringify(keyId)}${use}.`);
}

function notLooked(keyId: string, cause: unknown): StorageError {
  if (isStorageError(cause)) return cause;
  return new StorageError("UNAVAILABLE", `The key ${JSON.stringify(keyId)} could not be fetched.`, {
    cause,
  });
}

function masterOf(id: string, bytes: Uint8Array): Master {
  const key = createSecretKey(bytes);
  return { id, key, check: bytesOf(key, "check", Buffer.alloc(0), CHECK_BYTES) };
}

function derive(key: KeyObject, purpose: string, of: Uint8Array): KeyObject {
  return createSecretKey(bytesOf(key, purpose, of, KEY_BYTES));
}

/** HKDF with SHA-256: its info says what for, and of what. */
function bytesOf(key: KeyObject, purpose: string, of: Uint8Array, count: number): Uint8Array {
  const info = Buffer.concat([Buffer.from(`perdure ${purpose} `), of]);
  return new Uint8Array(hkdfSync("sha256", key, new Uint8Array(), info, count));
}

/** No tenant differs from every tenant; the units of a long name are hashed, since HKDF takes no more than 1,024 bytes. */
function tenantBytes(tenant: string | undefined): Uint8Array {
  if (tenant === undefined) return Buffer.from("-");
  return createHash("sha256").update(Buffer.from(tenant, "utf16le")).digest();
}

/** A map that forgets what was used longest ago. */
class Bounded<T> {
  readonly #entries = new Map<string, T>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(name: string): T | undefined {
    const value = this.#entries.get(name);
    // While there is room nothing is forgotten, so nothing needs to be moved.
    if (value === undefined || this.#entries.size < this.#most / 2) return value;
    this.#entries.delete(name);
    this.#entries.set(name, value);
    return value;
  }

  set(name: string, value: T): void {
    this.#entries.delete(name);
    this.#entries.set(name, value);
    if (this.#entries.size <= this.#most) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  delete(name: string): void {
    this.#entries.delete(name);
  }
}
