import {
  array,
  assert,
  constantFrom,
  infiniteStream,
  nat,
  property,
  record,
  string,
} from "fast-check";
import { expect, test } from "vitest";
import { type RunChunk, type RunEvent, ShownRun } from "../../src/index.ts";

const part = { partId: "1:text", runId: "r", messageId: "r:1", type: "text" } as const;

function created(attempt: string): RunEvent {
  return { event: "part.created", data: part, timestamp: 1, attempt };
}

function delta(attempt: string, text: string): RunEvent {
  const data = { partId: "1:text", messageId: "r:1", delta: text };
  return { event: "text.delta", data, timestamp: 1, attempt };
}

function completed(finalContent: string): RunEvent {
  return { event: "part.completed", data: { ...part, finalContent }, timestamp: 1 };
}

/** An attempt that has said this much. */
function attemptOf(name: string, ...said: readonly string[]): readonly RunEvent[] {
  return [created(name), ...said.map((text) => delta(name, text))];
}

function show(events: readonly RunEvent[]): readonly RunChunk[] {
  const shown = new ShownRun("r");
  return events.flatMap((event, place) => shown.take(place, event));
}

/** What a reader has on the screen: the text of each part that has not failed. */
function screen(chunks: readonly RunChunk[]): readonly string[] {
  const texts = new Map<string, string>();
  for (const { event, data } of chunks) {
    if (event === "part.created") texts.set(data.partId, "");
    if (event === "text.delta") texts.set(data.partId, (texts.get(data.partId) ?? "") + data.delta);
    if (event === "part.failed") texts.delete(data.partId);
  }
  return [...texts.values()];
}

const words = (chunks: readonly RunChunk[]): readonly string[] =>
  chunks.map(({ event, data }) => ("delta" in data ? `${event} ${data.delta}` : event));

test("an attempt that is tried again and says the same shows nothing twice", () => {
  const events = [
    ...attemptOf("a", "Hel", "lo "),
    ...attemptOf("b", "He", "llo", " you"),
    completed("Hello you"),
  ];
  expect(words(show(events))).toEqual([
    "part.created",
    "text.delta Hel",
    "text.delta lo ",
    "text.delta you",
    "part.completed",
  ]);
});

test("one that says something else fails the part and begins it anew", () => {
  const chunks = show([
    ...attemptOf("a", "Hello"),
    ...attemptOf("b", "Hi", " you"),
    completed("Hi you"),
  ]);
  expect(words(chunks)).toEqual([
    "part.created",
    "text.delta Hello",
    "part.failed",
    "part.created",
    "text.delta Hi",
    "text.delta  you",
    "part.completed",
  ]);
  expect(screen(chunks)).toEqual(["Hi you"]);
});

test("what was said in vain comes to nothing when the answer is stored without it", () => {
  const step: RunEvent = {
    event: "step.completed",
    data: {
      stepId: "think:1",
      runId: "r",
      threadId: "t",
      turn: 1,
      result: { text: "", toolCalls: [] },
    },
    timestamp: 1,
  };
  expect(screen(show([...attemptOf("a", "Hello"), step]))).toEqual([]);
});

test("a part that nobody said piece by piece is said at once", () => {
  expect(words(show([completed("whole")]))).toEqual([
    "part.created",
    "text.delta whole",
    "part.completed",
  ]);
});

test("whatever attempts say at the same time, lose, or leave unsaid, the stored text stands once", () => {
  const text = string({ maxLength: 6, unit: constantFrom("a", "b") });
  const said = record({ name: constantFrom("a", "b", "c"), texts: array(text) });
  assert(
    property(
      array(said, { maxLength: 4 }),
      infiniteStream(nat({ max: 3 })),
      text,
      (attempts, picks, stored) => {
        const queues = attempts.map(({ name, texts }, nth) => [
          ...attemptOf(`${name}${nth}`, ...texts),
        ]);
        const mixed: RunEvent[] = [];
        for (const pick of picks) {
          const left = queues.filter((queue) => queue.length > 0);
          if (left.length === 0) break;
          const event = left[pick % left.length]?.shift();
          // Some are lost.
          if (event && pick !== 3) mixed.push(event);
        }
        const chunks = show([...mixed, completed(stored), ...mixed]);
        expect(screen(chunks)).toEqual([stored]);
        const done = chunks.filter(({ event }) => event === "part.completed");
        expect(done).toHaveLength(1);
        expect(new Set(chunks.map(({ id }) => id)).size).toBe(chunks.length);
      },
    ),
    { numRuns: 1000 },
  );
});
