import { compress, inflate, inflateStart } from "../../codec/compress.ts";
import { openBytes, sealBytes } from "../../codec/envelope.ts";
import { overheadOf, readHeader, writeHeader } from "../../codec/header.ts";
import { StorageError } from "../../errors.ts";
import { type Content, type Opened, openedAs, type Packed, recordOf } from "./content.ts";
import { type Keyring, keyring, type Master, missing } from "./keyring.ts";
import { type Keys, locked, lockedSmall, lockOf, unlocked } from "./lock.ts";
import { type CheckedSealing, checkSealing, type SealingOptions } from "./options.ts";

/** Makes the seal of each partition. One for the stores of all scopes. */
export type Sealing = (tenant: string | undefined, partition: string) => Seal;

/** How values of one partition become what the backend holds, and come back. */
export interface Seal {
  /** True where an envelope of flags 0 is stored and read as it is. */
  readonly isPlain: boolean;
  /** Values of fewer bytes are not compressed. */
  readonly minBytes: number;
  /** The payload of a plain envelope as it is stored. The same bytes are packed once. */
  pack(value: Uint8Array): Packed;
  /** What an envelope adds to the payload. */
  overhead(of: { readonly compressed: boolean; readonly spilled: boolean }): number;
  /** What must be at hand to seal. Throws `KEY_MISSING`. */
  prepare(): Promise<Ready>;
  /** The same where nothing has to be waited for. */
  ready(): Ready | undefined;
  /** What an envelope adds to a value that is neither compressed nor in pieces. */
  readonly added: number;
  /** Finds the keys that these envelopes name. Never throws: `open` says what is missing. */
  findKeys(sealed: readonly Uint8Array[]): Promise<void>;
  /** Throws `KEY_MISSING`, `WRONG_KEY`, `PLAINTEXT`, `CORRUPT` or `INCOMPATIBLE`. */
  open(sealed: Uint8Array, key: string, now: number): Opened;
}

/** Seals without waiting. */
export interface Ready {
  seal(content: Content): Uint8Array;
  /** Seals a plain envelope that is not compressed and stays whole. */
  small(value: Uint8Array, key: string, appended: boolean): Uint8Array;
}

/** How values are stored, by the options. Throws `INVALID_ARGUMENT`. */
export function createSealing(options: SealingOptions = {}): Sealing {
  const checked = checkSealing(options);
  const { encryption } = checked;
  const packed = new WeakMap<Uint8Array, Packed>();
  const packing = { minBytes: checked.minBytes, pack: packer(checked, packed) };
  if (!encryption) {
    const seal = { ...packing, ...plain };
    return (_tenant, partition) => ({
      ...seal,
      open: (sealed, key) => openPlain(sealed, recordOf(partition, key)),
    });
  }
  const ring = keyring(encryption);
  const added = overheadOf({ keyId: encryption.current });
  return (tenant, partition) => {
    const keyOf: Keys["keyOf"] = (master) => ring.partitionKey(master, tenant, partition);
    const keys: Keys = { ring, keyOf, partition };
    const readyWith = latest((master) => readyTo(master, keys));
    return {
      ...packing,
      isPlain: false,
      added,
      overhead: (of) => overheadOf({ ...of, keyId: encryption.current }),
      async prepare() {
        return readyWith(await ring.current());
      },
      ready() {
        const master = ring.known(encryption.current);
        return master && readyWith(master);
      },
      findKeys: (sealed) => findKeys(ring, sealed),
      open(sealed, key, now) {
        const read = readHeader(sealed);
        if (read.header.lock) return unlocked(sealed, key, read, keys);
        const record = recordOf(partition, key);
        if (now < encryption.plaintextUntil) return openPlain(sealed, record);
        throw new StorageError(
          "PLAINTEXT",
          `The store reads only what is encrypted, and ${record} is not: encryption.acceptPlaintextBefore reads such records until a date, and copyStore puts them into a store where all are encrypted.`,
        );
      },
    };
  };
}

/** Seals under a master key. */
function readyTo(master: Master, keys: Keys): Ready {
  const lock = lockOf(master, keys);
  return {
    seal: (content) => locked(lock, content),
    small: (value, key, appended) => lockedSmall(lock, value, key, appended),
  };
}

/** What was made for the master key that was asked for last: they hardly ever change. */
function latest(make: (master: Master) => Ready): (master: Master) => Ready {
  let last: { readonly master: Master; readonly ready: Ready } | undefined;
  return (master) => {
    if (last?.master !== master) last = { master, ready: make(master) };
    return last.ready;
  };
}

const plainly: Ready = { seal: sealPlain, small: (value) => value };

/** Seals without encryption. */
const plain: Omit<Seal, "minBytes" | "pack" | "open"> = {
  isPlain: true,
  added: overheadOf({}),
  overhead: (of) => overheadOf(of),
  prepare: () => Promise.resolve(plainly),
  ready: () => plainly,
  findKeys: () => Promise.resolve(),
};

/** The plain envelope of what was packed. Throws as `inflate`. */
export function unpack({ payload, size }: Packed): Uint8Array {
  return sealBytes(size === undefined ? payload : inflate(payload, size));
}

/** The beginning of the plain envelope whose packed payload begins so. */
export function unpackStart({ payload, size }: Packed): Uint8Array {
  return sealBytes(size === undefined ? payload : inflateStart(payload, size));
}

function packer(
  { minBytes, level }: CheckedSealing,
  done: WeakMap<Uint8Array, Packed>,
): Seal["pack"] {
  return (value) => {
    const payload = openBytes(value);
    if (payload.byteLength < minBytes) return { payload };
    const before = done.get(value);
    if (before) return before;
    const smaller = compress(payload, level);
    const packed = smaller ? { payload: smaller, size: payload.byteLength } : { payload };
    done.set(value, packed);
    return packed;
  };
}

function sealPlain({ payload, size, spill }: Content): Uint8Array {
  const header = { ...(size === undefined ? {} : { size }), ...(spill ? { spill } : {}) };
  const bytes = writeHeader(header, payload.byteLength);
  bytes.set(payload, bytes.byteLength - payload.byteLength);
  return bytes;
}

function openPlain(sealed: Uint8Array, record: string): Opened {
  const { header, length } = readHeader(sealed);
  if (header.lock) throw missing(header.lock.keyId, record);
  return openedAs(header, sealed.subarray(length));
}

async function findKeys(ring: Keyring, sealed: readonly Uint8Array[]): Promise<void> {
  for (const bytes of sealed) {
    if (((bytes[1] ?? 0) & 2) === 0) continue;
    const keyId = keyIdOf(bytes);
    if (keyId === undefined || ring.known(keyId)) continue;
    await ring.look(keyId);
  }
}

function keyIdOf(sealed: Uint8Array): string | undefined {
  try {
    return readHeader(sealed).header.lock?.keyId;
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}
