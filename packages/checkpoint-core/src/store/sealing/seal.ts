import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";
import { compress, inflate, inflateStart } from "../../codec/compress.ts";
import {
  overheadOf,
  type ReadHeader,
  readHeader,
  type Spill,
  TAG_BYTES,
  writeHeader,
} from "../../codec/header.ts";
import { openBytes, sealBytes } from "../../codec/envelope.ts";
import { fillRandom, randomBytes } from "../../chance.ts";
import { StorageError } from "../../errors.ts";
import { type Keyring, keyring, type Master, missing } from "./keyring.ts";
import { type CheckedSealing, checkSealing, type SealingOptions } from "./options.ts";

/** Makes the seal of each partition. One for the stores of all scopes. */
export type Sealing = (tenant: string | undefined, partition: string) => Seal;

/** A value's payload as it is stored, before it is encrypted. */
export interface Packed {
  readonly payload: Uint8Array;
  /** Bytes of the payload before compression; absent where it is not compressed. */
  readonly size?: number;
}

/** What is to become an envelope. */
export interface Content extends Packed {
  readonly spill?: Spill;
  /** The record's key, or for an append its prefix. */
  readonly key: string;
  readonly appended?: boolean;
}

/** An envelope that was opened: still compressed, and without what stands in pieces. */
export interface Opened extends Packed {
  readonly spill?: Spill;
}

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
    const seal = { ...packing, ...unlocked };
    return (_tenant, partition) => ({
      ...seal,
      open: (sealed, key) => openPlain(sealed, recordOf(partition, key)),
    });
  }
  const ring = keyring(encryption);
  const added = overheadOf({ keyId: encryption.current });
  return (tenant, partition) => {
    const keyOf = (master: Master): KeyObject => ring.partitionKey(master, tenant, partition);
    const readyWith = (master: Master): Ready => {
      const key = keyOf(master);
      return {
        seal: (content) => lock(content, master, key, partition),
        small: (value, name, appended) =>
          lockSmall(value, { template: templateOf(master), key, partition, name, appended }),
      };
    };
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
        if (read.header.lock) return unlock(sealed, key, read, { ring, keyOf, partition });
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

const plainly: Ready = { seal: sealPlain, small: (value) => value };

/** Seals without encryption. */
const unlocked: Omit<Seal, "minBytes" | "pack" | "open"> = {
  isPlain: true,
  added: overheadOf({}),
  overhead: (of) => overheadOf(of),
  prepare: () => Promise.resolve(plainly),
  ready: () => plainly,
  findKeys: () => Promise.resolve(),
};

/** What cannot be opened, for whoever reads the error: a list fails for one of many. */
function recordOf(partition: string, key: string): string {
  return `the record ${key} of ${partition}`;
}

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
  return { ...openedBy(header), payload: sealed.subarray(length) };
}

/** An encrypted envelope. What is authenticated beside the payload: the header, and which record it is. */
function lock(
  { payload, size, spill, key, appended = false }: Content,
  master: Master,
  partitionKey: KeyObject,
  partition: string,
): Uint8Array {
  const nonce = randomBytes(12);
  const header = {
    lock: { keyId: master.id, check: master.check, nonce },
    ...(size === undefined ? {} : { size }),
    ...(spill ? { spill } : {}),
    ...(appended ? { appended } : {}),
  };
  // The tag's bytes belong to what the header adds.
  const bytes = writeHeader(header, payload.byteLength);
  const start = bytes.byteLength - payload.byteLength - TAG_BYTES;
  const cipher = createCipheriv("aes-256-gcm", partitionKey, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(bytes.subarray(0, start), partition, key));
  bytes.set(cipher.update(payload), start);
  cipher.final();
  bytes.set(cipher.getAuthTag(), bytes.byteLength - TAG_BYTES);
  return bytes;
}

/** What a small value is sealed with, and for. */
interface SmallLock {
  /** The header up to the nonce. */
  readonly template: Uint8Array;
  readonly key: KeyObject;
  readonly partition: string;
  readonly name: string;
  readonly appended: boolean;
}

const NONCE_BYTES = 12;
/** The flag of an appended record; see `codec/header.ts`. */
const APPENDED = 8;

/** The same envelope as `lock` makes of what is not compressed and not in pieces, in one piece of memory: most values are small, and sealed behind a wait that has emptied the processor's caches. */
function lockSmall(
  value: Uint8Array,
  { template, key, partition, name, appended }: SmallLock,
): Buffer {
  const payload = openBytes(value);
  const start = template.byteLength + NONCE_BYTES;
  const bytes = Buffer.allocUnsafe(start + payload.byteLength + TAG_BYTES);
  bytes.set(template);
  if (appended) bytes[1] = (template[1] ?? 0) | APPENDED;
  fillRandom(bytes, template.byteLength, NONCE_BYTES);
  const nonce = bytes.subarray(template.byteLength, start);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(bytes.subarray(0, start), partition, name));
  bytes.set(cipher.update(payload), start);
  cipher.final();
  bytes.set(cipher.getAuthTag(), start + payload.byteLength);
  return bytes;
}

const templates = new WeakMap<Master, Uint8Array>();

function templateOf(master: Master): Uint8Array {
  const made = templates.get(master);
  if (made) return made;
  const nonce = Buffer.alloc(NONCE_BYTES);
  const header = writeHeader({ lock: { keyId: master.id, check: master.check, nonce } }, 0);
  const template = header.subarray(0, header.byteLength - TAG_BYTES - NONCE_BYTES);
  templates.set(master, template);
  return template;
}

interface Locks {
  readonly ring: Keyring;
  readonly keyOf: (master: Master) => KeyObject;
  readonly partition: string;
}

function unlock(
  sealed: Uint8Array,
  key: string,
  { header, length }: ReadHeader,
  { ring, keyOf, partition }: Locks,
): Opened {
  const keyId = header.lock?.keyId ?? "";
  const master = ring.known(keyId);
  if (!header.lock || !master)
    throw ring.failure(keyId) ?? missing(keyId, recordOf(partition, key));
  if (Buffer.compare(master.check, header.lock.check) !== 0)
    throw new StorageError(
      "WRONG_KEY",
      `The key ${JSON.stringify(keyId)} is not the one that ${recordOf(partition, key)} was sealed with: encryption.keys holds another one under that id.`,
    );
  const end = sealed.byteLength - TAG_BYTES;
  if (end < length) throw notWhatWasSealed(key);
  const decipher = createDecipheriv("aes-256-gcm", keyOf(master), header.lock.nonce, {
    authTagLength: TAG_BYTES,
  });
  const bound = header.appended ? key.slice(0, -APPENDED_UNITS) : key;
  decipher.setAAD(boundTo(sealed.subarray(0, length), partition, bound));
  decipher.setAuthTag(sealed.subarray(end));
  const payload = decipher.update(sealed.subarray(length, end));
  try {
    decipher.final();
  } catch (error) {
    throw notWhatWasSealed(key, error);
  }
  return { ...openedBy(header), payload };
}

/** What `append` puts behind its prefix: a revision of 16 digits and an index of 4. */
const APPENDED_UNITS = 20;

/** Header, partition and key: of different lengths, they never run into each other, since the header knows its own and names hold no NUL. */
function boundTo(header: Uint8Array, partition: string, key: string): Uint8Array {
  const names = `${partition}\0${key}`;
  const bytes = Buffer.allocUnsafe(header.byteLength + names.length);
  bytes.set(header);
  bytes.write(names, header.byteLength, "latin1");
  return bytes;
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

function openedBy({
  size,
  spill,
}: {
  readonly size?: number;
  readonly spill?: Spill;
}): Omit<Opened, "payload"> {
  return { ...(size === undefined ? {} : { size }), ...(spill ? { spill } : {}) };
}

function notWhatWasSealed(key: string, cause?: unknown): StorageError {
  return new StorageError(
    "CORRUPT",
    `The record ${key} was changed since it was sealed, or stands where it was not put.`,
    cause === undefined ? {} : { cause },
  );
}
