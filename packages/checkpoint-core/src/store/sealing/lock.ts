import { type CipherGCM, createDecipheriv, type KeyObject } from "node:crypto";
import { openBytes } from "../../codec/envelope.ts";
import { type ReadHeader, TAG_BYTES, writeHeader } from "../../codec/header.ts";
import { StorageError } from "../../errors.ts";
import { ALGORITHM, ciphersOf, type FreshCipher, NONCE_BYTES, TAGGED } from "./ciphers.ts";
import { type Content, type Opened, openedAs, recordOf } from "./content.ts";
import { type Keyring, type Master, missing } from "./keyring.ts";

/** What the values of one partition are encrypted with. */
export interface Lock {
  readonly master: Master;
  readonly partition: string;
  readonly cipher: () => FreshCipher;
  /** The header of an envelope without other fields, up to the nonce. */
  readonly template: Uint8Array;
}

/** Where the keys of a partition's envelopes come from. */
export interface Keys {
  readonly ring: Keyring;
  readonly keyOf: (master: Master) => KeyObject;
  readonly partition: string;
}

/** The flag of an appended record; see `codec/header.ts`. */
const APPENDED = 8;
/** What `append` puts behind its prefix: a revision of 16 digits and an index of 4. */
const APPENDED_UNITS = 20;

/** The lock of a partition under a master key. */
export function lockOf(master: Master, { keyOf, partition }: Omit<Keys, "ring">): Lock {
  const nonce = Buffer.alloc(NONCE_BYTES);
  const header = writeHeader({ lock: { keyId: master.id, check: master.check, nonce } }, 0);
  const template = header.subarray(0, header.byteLength - TAG_BYTES - NONCE_BYTES);
  return { master, partition, template, cipher: ciphersOf(keyOf(master)) };
}

/** An encrypted envelope. */
export function locked(
  lock: Lock,
  { payload, size, spill, key, appended = false }: Content,
): Uint8Array {
  const { id: keyId, check } = lock.master;
  const { cipher, nonce } = lock.cipher();
  const fields = {
    lock: { keyId, check, nonce },
    ...(size === undefined ? {} : { size }),
    ...(spill ? { spill } : {}),
    ...(appended ? { appended } : {}),
  };
  // The tag's bytes belong to what the header adds.
  const bytes = writeHeader(fields, payload.byteLength);
  const header = bytes.subarray(0, bytes.byteLength - payload.byteLength - TAG_BYTES);
  cipher.setAAD(boundTo(header, namesOf(lock.partition, key)));
  encrypt(cipher, payload, bytes);
  return bytes;
}

/**
 * The same envelope as `locked` makes of a plain one that is not compressed and not in pieces, in one piece of memory: most values are small, and sealed behind a wait that has emptied the processor's
 * caches.
 */
export function lockedSmall(
  lock: Lock,
  value: Uint8Array,
  key: string,
  appended: boolean,
): Uint8Array {
  const { template, partition } = lock;
  const payload = openBytes(value);
  const start = template.byteLength + NONCE_BYTES;
  const end = start + payload.byteLength + TAG_BYTES;
  const names = namesOf(partition, key);
  // What is authenticated beside the payload stands in one piece for a moment, where the payload will be.
  const room = Buffer.allocUnsafe(Math.max(end, start + names.length));
  room.set(template);
  if (appended) room[1] = (template[1] ?? 0) | APPENDED;
  const { cipher, nonce } = lock.cipher();
  room.set(nonce, template.byteLength);
  cipher.setAAD(room.subarray(0, start + room.write(names, start, "latin1")));
  const bytes = room.subarray(0, end);
  encrypt(cipher, payload, bytes);
  return bytes;
}

/** Fills an envelope whose header is written, with a cipher that knows what is authenticated beside the payload. */
function encrypt(cipher: CipherGCM, payload: Uint8Array, bytes: Uint8Array): void {
  const end = bytes.byteLength - TAG_BYTES;
  bytes.set(cipher.update(payload), end - payload.byteLength);
  cipher.final();
  bytes.set(cipher.getAuthTag(), end);
}

/** What an encrypted envelope holds. Throws `KEY_MISSING`, `WRONG_KEY`, `CORRUPT`, or why its key could not be looked for. */
export function unlocked(
  sealed: Uint8Array,
  name: string,
  { header, length }: ReadHeader,
  { ring, keyOf, partition }: Keys,
): Opened {
  const keyId = header.lock?.keyId ?? "";
  const master = ring.known(keyId);
  if (!header.lock || !master)
    throw ring.failure(keyId) ?? missing(keyId, recordOf(partition, name));
  if (Buffer.compare(master.check, header.lock.check) !== 0)
    throw new StorageError(
      "WRONG_KEY",
      `The key ${JSON.stringify(keyId)} is not the one that ${recordOf(partition, name)} was sealed with: encryption.keys holds another one under that id.`,
    );
  const end = sealed.byteLength - TAG_BYTES;
  if (end < length) throw notWhatWasSealed(name);
  const decipher = createDecipheriv(ALGORITHM, keyOf(master), header.lock.nonce, TAGGED);
  const bound = header.appended ? name.slice(0, -APPENDED_UNITS) : name;
  decipher.setAAD(boundTo(sealed.subarray(0, length), namesOf(partition, bound)));
  decipher.setAuthTag(sealed.subarray(end));
  const payload = decipher.update(sealed.subarray(length, end));
  try {
    decipher.final();
  } catch (error) {
    throw notWhatWasSealed(name, error);
  }
  return openedAs(header, payload);
}

/** What is authenticated beside a payload: the header, and which record it is. Of different lengths, they never run into each other, since the header knows its own and names hold no NUL. */
function boundTo(header: Uint8Array, names: string): Uint8Array {
  const bytes = Buffer.allocUnsafe(header.byteLength + names.length);
  bytes.set(header);
  bytes.write(names, header.byteLength, "latin1");
  return bytes;
}

function namesOf(partition: string, key: string): string {
  return `${partition}\0${key}`;
}

function notWhatWasSealed(key: string, cause?: unknown): StorageError {
  return new StorageError(
    "CORRUPT",
    `The record ${key} was changed since it was sealed, or stands where it was not put.`,
    cause === undefined ? {} : { cause },
  );
}
