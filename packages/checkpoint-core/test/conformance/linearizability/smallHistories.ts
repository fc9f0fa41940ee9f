import type {
  Answer,
  Call,
  Entry,
  Operation,
} from "../../../src/conformance/linearizability/operation.ts";
import {
  below,
  oneOf,
  type Random,
  randomFrom,
} from "../../../src/conformance/linearizability/random.ts";
import { play, type Shelf } from "./brute.ts";

const keys = ["a", "b"];

/**
 * A history of two to seven operations by two to four clients, as one machine could have given it: each operation takes effect at a moment between its start and its end. Some answers are lost
 * (half of their operations did happen, some of them after the end of others). In two thirds of the histories one or two answers or times are then changed, which may make them wrong or not.
 */
export function smallHistory(seed: number): readonly Operation[] {
  const random = randomFrom(seed);
  const count = 2 + below(random, 6);
  const shelf: Shelf = { counter: 0, tombstone: false, rows: {} };
  const clients = Array.from({ length: 2 + below(random, 3) }, () => 0);
  const history: Operation[] = [];
  // Moments are even; each operation lasts from somewhere before its own to somewhere behind it.
  for (let moment = 0; moment < count; moment += 1) {
    const client = below(random, clients.length);
    const at = moment * 2;
    const call = drawCall(random, shelf, moment);
    const lost = random() < 0.25;
    const answer = lost && random() < 0.5 ? undefined : play(shelf, call);
    const start = Math.min(at, Math.max(clients[client] ?? 0, at - below(random, 7)));
    const end = at + 1 + below(random, 6);
    clients[client] = end + 1;
    const asked = { client: String(client), partition: "p", call, start };
    history.push(lost || !answer ? asked : { ...asked, end, answer });
  }
  const changes = below(random, 3);
  for (let change = 0; change < changes; change += 1) spoil(random, history);
  return history;
}

function drawCall(random: Random, shelf: Shelf, moment: number): Call {
  const kind = random();
  if (kind < 0.2) return { verb: "read", keys: random() < 0.5 ? keys : [oneOf(random, keys)] };
  if (kind < 0.35)
    return {
      verb: "scan",
      range: { from: "a", to: "~", limit: 1 + below(random, 5), reverse: random() < 0.5 },
    };
  if (kind < 0.42) {
    const key = oneOf(random, keys);
    const revision = shelf.rows[key]?.at ?? 1;
    return random() < 0.5 ? { verb: "drop" } : { verb: "drop", held: { key, revision } };
  }
  const writes = Array.from({ length: 1 + below(random, 2) }, (_, index) =>
    drawEntry(random, shelf, `${moment}.${index}`, index),
  );
  return { verb: "write", writes, revive: random() < 0.2 };
}

function drawEntry(random: Random, shelf: Shelf, value: string, index: number): Entry {
  const key = keys[index] ?? "a";
  const own = shelf.rows[key]?.at ?? 1;
  const expects = ["absent", "present", own, own + 1] as const;
  const kind = random();
  if (kind < 0.25) return { op: "append", prefix: "m", value };
  if (kind < 0.35) return { op: "check", key, expect: oneOf(random, expects) };
  const expect = random() < 0.5 ? "any" : oneOf(random, expects);
  return kind < 0.5 ? { op: "delete", key, expect } : { op: "put", key, value, expect };
}

function spoil(random: Random, history: Operation[]): void {
  const index = below(random, history.length);
  const one = history[index];
  if (!one?.answer || one.end === undefined) return;
  if (random() < 0.3) history[index] = { ...one, start: one.end - 1 };
  else history[index] = { ...one, answer: spoilt(random, one.answer, history) };
}

/** Another answer of the same call: of the wrong revision, with a record missing, with one that stood there at another time, or a refusal. */
function spoilt(random: Random, answer: Answer, history: readonly Operation[]): Answer {
  if (random() < 0.15) return { told: "conflict", key: oneOf(random, keys) };
  switch (answer.told) {
    case "written":
      return { told: "written", revision: Math.max(1, answer.revision + oneOf(random, [-1, 1])) };
    case "conflict":
      return random() < 0.5
        ? { told: "conflict", key: answer.key === "a" ? "b" : "a" }
        : { told: "written", revision: 1 + below(random, history.length) };
    case "deleted":
      return { told: "written", revision: 1 + below(random, history.length) };
    case "dropped":
      return { told: "conflict", key: oneOf(random, keys) };
    case "records":
      return {
        told: "records",
        records: answer.records.map((record, at) =>
          random() < 0.5 ? record : otherRecord(random, record?.key ?? keys[at] ?? "a", history),
        ),
      };
    case "page":
      break;
  }
  return { ...answer, records: answer.records.slice(0, below(random, answer.records.length)) };
}

function otherRecord(random: Random, key: string, history: readonly Operation[]) {
  const written = history.flatMap(({ call }) =>
    call.verb === "write"
      ? call.writes.flatMap((entry) =>
          entry.op === "put" && entry.key === key ? [entry.value] : [],
        )
      : [],
  );
  if (written.length === 0 || random() < 0.3) return null;
  return { key, value: oneOf(random, written), revision: 1 + below(random, history.length) };
}
