import { ordinalIn } from "./sweepActs.ts";
import { type Act, type By, stepsOf, type SweepModel } from "./sweepModel.ts";

/** An act that was done beside others, and what it came to. */
export interface Done {
  readonly act: Act;
  readonly by: By;
  readonly answer: unknown;
}

/** The model after some order of the steps of acts that were done at once, in which each may answer what it has answered, and which leaves what is seen now; `undefined` where there is none. */
export function modelAfter(
  model: SweepModel,
  done: readonly Done[],
  isSeen: (model: SweepModel) => boolean,
  taken: readonly number[] = done.map(() => 0),
): SweepModel | undefined {
  let isLast = true;
  for (const [index, { act, by, answer }] of done.entries()) {
    const step = taken[index] ?? 0;
    if (step === stepsOf(act)) continue;
    isLast = false;
    const after = model.copy();
    const idOf = (ordinal: number): string | undefined =>
      ordinalIn(answer) === ordinal ? String(answer) : undefined;
    const allowed = after.play(act, step, by, idOf);
    const isEnd = step + 1 === stepsOf(act);
    if (isEnd && !allowed.some((one) => isSame(one, answer))) continue;
    const next = taken.with(index, step + 1);
    const found = modelAfter(after, done, isSeen, next);
    if (found) return found;
  }
  return isLast && isSeen(model) ? model : undefined;
}

/** Also across processes, where nothing is `null`. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
