/** A recording as it is kept: normalised, JSON, small. */
import { readFile } from "node:fs/promises";
import { normaliser } from "./normalise.ts";
import type { Normaliser, Plain } from "./normalise.ts";
import type { Exchange, Message } from "./proxy.ts";
import type { Mode, Recording } from "./recording.ts";
import type { Outcome, Scenario } from "./scenario.ts";

export interface Fixture {
  readonly scenario: string;
  readonly checkpointing: Mode;
  readonly outcome: Outcome;
  /** What `GET /v1/runs/{id}` said at the end, by run. */
  readonly reports: Plain;
  readonly exchanges: readonly KeptExchange[];
  /** How many exchanges were left out of the middle. */
  readonly elided?: number;
}

export interface KeptExchange {
  readonly from: Exchange["from"];
  readonly method: string;
  readonly path: string;
  readonly request: KeptMessage;
  /** Absent when the connection ended without an answer. */
  readonly response?: KeptMessage & { readonly status: number };
}

export interface KeptMessage {
  readonly headers: { readonly [name: string]: string };
  readonly body: Plain;
}

/** Everything about a recording that another recording of the same scenario must repeat, or may be asked to. */
export function fixtureOf(scenario: Scenario, mode: Mode, recording: Recording): Fixture {
  const normal = normaliser(recording.app);
  const { keep = Infinity } = scenario;
  const all = recording.exchanges.map((exchange) => kept(exchange, normal));
  // The sync, its registration and the first event come before the `keep` first calls.
  const ends = all.filter((_, i) => i < keep + OPENING || i >= all.length - keep);
  const reports = Object.fromEntries(
    Object.entries(recording.reports).map(([id, report]) => [
      normal.text(id),
      normal.value({ ...report }),
    ]),
  );
  return {
    scenario: scenario.id,
    checkpointing: mode,
    outcome: recording.outcome,
    reports,
    ...(ends.length < all.length && { elided: all.length - ends.length }),
    exchanges: ends,
  };
}

const OPENING = 3;

export function fixtureFile(scenario: string, mode: Mode): URL {
  return new URL(`fixtures/${scenario}.${mode}.json`, import.meta.url);
}

export async function readFixture(scenario: string, mode: Mode): Promise<Fixture> {
  return JSON.parse(await readFile(fixtureFile(scenario, mode), "utf8")) as Fixture;
}

function kept(
  { from, method, path, request, response }: Exchange,
  normal: Normaliser,
): KeptExchange {
  return {
    from,
    method,
    path: normal.text(path),
    request: message(request, normal),
    ...(response && { response: { status: response.status, ...message(response, normal) } }),
  };
}

function message({ headers, body }: Message, normal: Normaliser): KeptMessage {
  const told = Object.entries(headers).filter(([name]) => SAID.test(name) && !ECHOED.has(name));
  return {
    headers: Object.fromEntries(
      told.map(([name, value]) => [name, headerValue(name, value, normal)]),
    ),
    body: normal.body(body),
  };
}

/** The headers that say something of the protocol. */
const SAID = /^(?:x-inngest-|x-run-id$|x-request-id$|retry-after$)/;
/** On every message of the SDK, always with the same words. */
const ECHOED: ReadonlySet<string> = new Set([
  "x-inngest-sdk",
  "x-inngest-sdk-handled",
  "x-inngest-framework",
  "x-inngest-server-kind",
]);

function headerValue(name: string, value: string, normal: Normaliser): string {
  const told = normal.value({ [name]: value }) as { [name: string]: string };
  return told[name] ?? value;
}
