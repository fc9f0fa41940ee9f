import { byteLength, isObject, type Json, textOf, wellFormed } from "./canonical.ts";
import { TestInngestError } from "./errors.ts";
import type { Limits } from "./limits.ts";

export type EventData = { readonly [key: string]: Json | undefined };

/** An event as its sender gives it. */
export interface EventInput {
  readonly name: string;
  readonly data?: EventData;
  /** Starts each function at most once in 24 hours. Made by the server when absent. */
  readonly id?: string;
  /** When it happens, in milliseconds; a time to come delays runs, not waits. */
  readonly ts?: number;
  readonly user?: EventData;
  readonly v?: string;
}

/** An event as the server keeps it and sends it to the SDK. */
export interface StoredEvent {
  readonly internalId: string;
  readonly name: string;
  readonly data: EventData;
  readonly id: string;
  readonly ts: number;
  readonly user: EventData;
  readonly v?: string;
}

/** Checks one event of a POST; lone surrogates in it become U+FFFD. */
export function readEvent(input: unknown, limits: Limits): EventInput {
  if (!isObject(input)) throw badEvent("An event is an object with a name.");
  checkName(input["name"], limits);
  checkFields(input);
  if (byteLength(JSON.stringify(input)) > limits.eventBytes) {
    throw badEvent(
      `The event "${textOf(input["name"])}" is larger than ${limits.eventBytes} bytes.`,
    );
  }
  return wellFormed(input) as unknown as EventInput;
}

function checkName(name: Json | undefined, limits: Limits): void {
  if (typeof name !== "string" || name === "") {
    throw badEvent("An event needs a name that is not empty.");
  }
  if (byteLength(name) > limits.eventNameBytes) {
    throw badEvent(`The event name is longer than ${limits.eventNameBytes} bytes.`);
  }
  if (name.toLowerCase().startsWith("inngest/")) {
    throw badEvent(`The event name "${name}" is reserved for the server.`);
  }
}

function checkFields({ name, data, id, ts }: EventData): void {
  const which = textOf(name);
  if (data !== undefined && data !== null && !isObject(data)) {
    throw badEvent(`The data of "${which}" is not an object.`);
  }
  if (id !== undefined && typeof id !== "string") {
    throw badEvent(`The id of "${which}" is not a string.`);
  }
  if (ts !== undefined && typeof ts !== "number") {
    throw badEvent(`The ts of "${which}" is not a number.`);
  }
}

/** What the SDK and expressions see of an event. */
export function eventPayload(event: StoredEvent): EventData {
  const { data, id, name, ts, user, v } = event;
  return { data, id, name, ts, user, ...(v === undefined ? {} : { v }) };
}

/** An event as the server writes it in lists: without a user that is empty. */
export function listedEvent(event: StoredEvent): EventData {
  const { user, ...rest } = eventPayload(event);
  return Object.keys(event.user).length === 0 ? rest : { user, ...rest };
}

/** The id under which a parent run waits for the run that this event started, if one invoked it. */
export function correlationOf(event: StoredEvent): string | undefined {
  const internal = event.data["_inngest"];
  if (!isObject(internal)) return undefined;
  const { correlation_id: correlation } = internal;
  return typeof correlation === "string" ? correlation : undefined;
}

function badEvent(message: string): TestInngestError {
  return new TestInngestError("BAD_EVENT", message);
}

/** The events of one run: the first is its own, more come with `batchEvents`. */
export type RunEvents = readonly [StoredEvent, ...StoredEvent[]];
