import { Refusal } from "./refusal.ts";

/** The fields of a request's body. */
export type Fields = Readonly<Record<string, unknown>>;

/** Bytes of a body that holds no conversation. */
export const SMALL_BODY: number = 64 * 1024;

/** Units of an id that a client may choose. */
const ID_UNITS = 512;

/**
 * The fields of a body of JSON. Refuses what is no JSON by its type (a form of another site can send no such request), more bytes than `maxBytes` before they are all read, what is no
 * object, and any field but the known ones.
 */
export async function fieldsOf(
  request: Request,
  known: ReadonlySet<string>,
  maxBytes: number,
): Promise<Fields> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(?:;|$)/i.test(type))
    throw new Refusal(415, "The body must be application/json.");
  const value = parsed(await textOf(request, maxBytes));
  return objectOf("The body", value, known);
}

/** The fields of an object. Refuses anything else, and fields that are not known. */
export function objectOf(what: string, value: unknown, known: ReadonlySet<string>): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Refusal(400, `${what} must be an object.`);
  const unknown = Object.keys(value).find((key) => !known.has(key));
  if (unknown !== undefined)
    throw new Refusal(400, `${what} has an unknown field ${JSON.stringify(unknown.slice(0, 40))}.`);
  return value as Fields;
}

async function textOf(request: Request, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request.body ?? []) {
    bytes += part.byteLength;
    if (bytes > maxBytes) throw new Refusal(413, `The body is over ${maxBytes} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, "The body is no JSON.");
  }
}

/** A text that must be there, not empty. */
export function textIn(fields: Fields, name: string, maxUnits: number): string {
  const text = optionalText(fields, name, maxUnits);
  if (text === undefined || text === "") throw new Refusal(400, `${name} must be a text.`);
  return text;
}

/** A text that may be missing. */
export function optionalText(fields: Fields, name: string, maxUnits: number): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new Refusal(400, `${name} must be a text.`);
  if (value.length > maxUnits) throw new Refusal(413, `${name} is over ${maxUnits} characters.`);
  return value;
}

/** An id that a client chose. */
export function idIn(fields: Fields, name: string): string {
  const id = textIn(fields, name, ID_UNITS);
  if (!id.isWellFormed()) throw new Refusal(400, `${name} must be well-formed.`);
  return id;
}

/** The thread that a body names. */
export function threadIdIn(fields: Fields): string {
  const id = idIn(fields, "threadId");
  // Every reader of a path takes these away, also escaped: no route could name such a thread.
  if (id === "." || id === "..") throw new Refusal(400, "threadId must not be a dot or two.");
  return id;
}
