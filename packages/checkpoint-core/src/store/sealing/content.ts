import type { Header, Spill } from "../../codec/header.ts";

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

/** What an envelope of this header holds. */
export function openedAs({ size, spill }: Header, payload: Uint8Array): Opened {
  return { ...(size === undefined ? {} : { size }), ...(spill ? { spill } : {}), payload };
}

/** What cannot be opened, for whoever reads the error: a list fails for one of many. */
export function recordOf(partition: string, key: string): string {
  return `the record ${key} of ${partition}`;
}
