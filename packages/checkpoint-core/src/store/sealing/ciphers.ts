import { type CipherGCM, createCipheriv, type KeyObject } from "node:crypto";
import { randomBytes } from "../../chance.ts";
import { TAG_BYTES } from "../../codec/header.ts";

/** A cipher that has encrypted nothing, and its nonce, which no other has. */
export interface FreshCipher {
  readonly cipher: CipherGCM;
  readonly nonce: Uint8Array;
}

/** What values are encrypted with. */
export const ALGORITHM = "aes-256-gcm";
/** What both directions are told of the tag. */
export const TAGGED: { readonly authTagLength: number } = { authTagLength: TAG_BYTES };
/** Bytes of a nonce. */
export const NONCE_BYTES = 12;

/** The most ciphers of one key that are kept ready, of about a kilobyte each: those of eight writes. */
const MOST_READY = 24;

/**
 * Gives ciphers of a key, each once. Making one takes longer than using it, so they are made between writes, when the process has its turn; where writes follow each other without one, some at a
 * time: behind a write, which has emptied the processor's caches, the first takes as long as six more. A partition that is sealed for seldom has few in stock.
 */
export function ciphersOf(key: KeyObject): () => FreshCipher {
  const stock: FreshCipher[] = [];
  let wanted = 0;
  let asked = false;
  const make = (): FreshCipher => {
    const nonce = randomBytes(NONCE_BYTES);
    return { nonce, cipher: createCipheriv(ALGORITHM, key, nonce, TAGGED) };
  };
  const fill = (): void => {
    asked = false;
    while (stock.length < wanted) stock.push(make());
  };
  return () => {
    if (stock.length === 0) {
      wanted = Math.min(2 * wanted + 1, MOST_READY);
      fill();
    }
    if (!asked) {
      asked = true;
      // No process stays for it.
      setImmediate(fill).unref();
    }
    return stock.pop() ?? make();
  };
}
