import { deepStrictEqual } from "node:assert/strict";
import { interleaved, median, shuffled } from "../measure.ts";
import { type Message, newMessage } from "../message.ts";
import type { Contender } from "./contender.ts";

/** The lengths of the thread at which it is looked at. */
export const depths = [50, 200, 1000] as const;

/** Saves of which the median is taken, the last ones before each depth; and reads. */
const SAMPLES = 20;

/** What a contender took at one depth: medians in microseconds, and all bytes that it holds then. */
export interface Point {
  readonly contender: Contender;
  readonly messages: number;
  readonly save: number;
  readonly load: number;
  readonly loadCold: number;
  readonly bytes: number;
}

/**
 * Grows one thread by messages of 1 KB to the last depth, in every contender side by side: one message after the other, in an order of contenders that is drawn anew for each. At each depth they are
 * read in the same way, and what each reads is held against what it was given.
 */
export async function growing(
  contenders: readonly Contender[],
  at: readonly number[],
): Promise<Point[]> {
  const times = contenders.map(() => new Array<number>());
  const points: Point[] = [];
  const messages: Message[] = [];
  for (const depth of at) {
    while (messages.length < depth) {
      messages.push(newMessage());
      for (const [index, contender] of shuffled([...contenders.entries()]))
        times[index]?.push(await microseconds(() => contender.save([...messages])));
    }
    const loads = await loading(contenders, messages);
    for (const [index, contender] of contenders.entries())
      points.push({
        contender,
        messages: depth,
        save: median(times[index]?.slice(-SAMPLES) ?? []),
        load: loads[`warm ${index}`] ?? Number.NaN,
        loadCold: loads[`cold ${index}`] ?? Number.NaN,
        bytes: await contender.bytes(),
      });
  }
  return points;
}

async function loading(
  contenders: readonly Contender[],
  messages: readonly Message[],
): Promise<Readonly<Record<string, number>>> {
  for (const { load, loadCold } of contenders) {
    deepStrictEqual(await load(), messages);
    deepStrictEqual(await loadCold(), messages);
  }
  const alternatives = contenders.flatMap(({ load, loadCold }, index) => [
    [`warm ${index}`, load] as const,
    [`cold ${index}`, loadCold] as const,
  ]);
  return interleaved(Object.fromEntries(alternatives), { warmUp: 2, repetitions: SAMPLES });
}

async function microseconds(work: () => unknown): Promise<number> {
  const before = performance.now();
  await work();
  return (performance.now() - before) * 1000;
}
