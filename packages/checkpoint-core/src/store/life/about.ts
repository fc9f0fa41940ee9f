import type { Expectation, Write } from "../../backend/contract.ts";
import { decodeText, encodeText } from "../../codec/text.ts";
import { StorageError } from "../../errors.ts";
import { encodeValue, type Snapshot } from "../partition.ts";

/** What users say of a thread. A record of its own: the life record's revision names the life, so nothing that changes stands in it. */
export interface About {
  readonly title?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The record of what users say of a thread. There is none while there is nothing to say. */
export const ABOUT = "about";

/** A change of it: what is not named stays, `null` takes away. */
export interface AboutChange {
  readonly title?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
}

/** The longest title, in UTF-16 units, and the most that metadata take as text: a page of threads brings them all along. */
const MAX_TITLE_UNITS = 4096;
const MAX_METADATA_BYTES = 65_536;

/** What a snapshot says of the thread. */
export function aboutIn(snapshot: Snapshot): About {
  return snapshot.get(ABOUT)?.value() ?? {};
}

export function aboutWrite(about: About, expect: Expectation): Write {
  return { op: "put", key: ABOUT, value: encodeValue(about), expect };
}

/** What a thread starts with, as a copy of our own. Refuses a title that is no text and metadata that is no object. */
export function checkAbout({ title, metadata }: AboutChange): About {
  return changed({}, checkAboutChange({ title, metadata }, false));
}

/** A change, as a copy of our own. Throws `INVALID_ARGUMENT`, `TOO_LARGE`, and `UNSUPPORTED_VALUE` for what cannot be kept. */
export function checkAboutChange({ title, metadata }: AboutChange, nullable = true): AboutChange {
  const absent = (value: unknown): boolean => value === undefined || (nullable && value === null);
  if (!absent(title)) checkTitle(title);
  const isData = typeof metadata === "object" && metadata !== null && !Array.isArray(metadata);
  if (!absent(metadata) && !isData)
    throw new StorageError("INVALID_ARGUMENT", "A thread's metadata must be an object.");
  return { title, metadata: isData ? copyOf(metadata) : metadata };
}

function checkTitle(title: unknown): void {
  if (typeof title !== "string")
    throw new StorageError("INVALID_ARGUMENT", "A thread's title must be a string.");
  if (title.length > MAX_TITLE_UNITS)
    throw new StorageError(
      "TOO_LARGE",
      `A thread's title is over ${MAX_TITLE_UNITS} UTF-16 units long.`,
    );
}

/** What is said after a change. */
export function changed(about: About, change: AboutChange): About {
  const title = change.title === undefined ? about.title : change.title;
  const metadata = change.metadata === undefined ? about.metadata : change.metadata;
  return {
    ...(title === undefined || title === null ? {} : { title }),
    ...(metadata === undefined || metadata === null ? {} : { metadata }),
  };
}

function copyOf(metadata: NonNullable<About["metadata"]>): typeof metadata {
  const text = encodeText(metadata);
  if (Buffer.byteLength(text) > MAX_METADATA_BYTES)
    throw new StorageError(
      "TOO_LARGE",
      `A thread's metadata are over ${MAX_METADATA_BYTES} bytes.`,
    );
  return decodeText(text) as typeof metadata;
}
