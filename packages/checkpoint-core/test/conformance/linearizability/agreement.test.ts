import { expect, test } from "vitest";
import { checkHistory } from "../../../src/conformance/linearizability/check.ts";
import { nothing, quiet } from "../../../src/conformance/linearizability/partition.ts";
import {
  shrink,
  until,
  withoutBeginning,
} from "../../../src/conformance/linearizability/shrink.ts";
import { possible } from "./brute.ts";
import { smallHistory } from "./smallHistories.ts";

const HISTORIES = 100_000;
/** Every order of 100,000 histories on a busy machine. */
const TIMEOUT_MS = 120_000;

test(
  "agrees with brute force on 100,000 small histories, right ones and wrong ones",
  () => {
    const disagreed: number[] = [];
    const seen = { right: 0, wrong: 0, unknown: 0 };
    for (let seed = 1; seed <= HISTORIES; seed += 1) {
      const history = smallHistory(seed);
      const right = possible(history);
      if ((checkHistory(history).verdict === "ok") !== right) disagreed.push(seed);
      seen[right ? "right" : "wrong"] += 1;
      if (history.some(({ answer }) => !answer)) seen.unknown += 1;
    }
    expect(disagreed).toEqual([]);
    expect(seen).toEqual({ right: 72_021, wrong: 27_979, unknown: 69_435 });
  },
  TIMEOUT_MS,
);

test(
  "makes no bad history of a good one when it cuts the end off, leaves quiet operations out, or begins later",
  () => {
    const broken: number[] = [];
    let begunLater = 0;
    for (let seed = 1; seed <= HISTORIES / 4; seed += 1) {
      const operations = smallHistory(seed);
      if (!possible(operations)) continue;
      const history = { initial: nothing, operations };
      const last = operations.findLast(quiet);
      const less = operations.filter((one) => !quiet(one) || one === last);
      const begun = [operations, less].map((some) =>
        withoutBeginning({ initial: nothing, operations: some }),
      );
      begunLater += begun.filter(({ initial }) => initial !== nothing).length;
      const shorter = [
        ...operations.map(({ end }) => until(history, end ?? 0)),
        { initial: nothing, operations: less },
        ...begun,
      ];
      if (!shorter.every((one) => possible(one.operations, one.initial))) broken.push(seed);
    }
    expect(broken).toEqual([]);
    expect(begunLater).toBeGreaterThan(1000);
  },
  TIMEOUT_MS,
);

test(
  "shrinks a bad history to one that is bad by brute force, and mostly to one or two operations",
  () => {
    const good: number[] = [];
    const lengths: number[] = [];
    for (let seed = 1; seed <= HISTORIES / 4; seed += 1) {
      const operations = smallHistory(seed);
      if (possible(operations)) continue;
      const short = shrink({ initial: nothing, operations });
      if (possible(short.operations, short.initial)) good.push(seed);
      lengths.push(short.operations.length);
    }
    expect(good).toEqual([]);
    lengths.sort((one, other) => one - other);
    expect(lengths[lengths.length >>> 1]).toBe(2);
  },
  TIMEOUT_MS,
);
