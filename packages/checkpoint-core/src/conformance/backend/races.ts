import assert from "node:assert/strict";
import type { Backend, Expectation } from "../../backend/contract.ts";
import { isStorageError } from "../../errors.ts";
import type { Case } from "../case.ts";
import { type Probe, probe, put } from "./probe.ts";
import { backendCase, type BackendSubject, withAnother } from "./subject.ts";

/** Writers of one race. */
const WRITERS = 64;

/** Law 1 under load: 64 writers on one record, one winner each round. */
export function races(rounds: number): readonly Case<BackendSubject>[] {
  return [
    backendCase(
      "law-1.race-on-a-record",
      `of ${WRITERS} writers that expect one revision exactly one wins, the others conflict`,
      async (p, subject) => {
        await withAnother(subject, async (other) => {
          let revision = await p.write(put("a", "start"));
          for (let round = 0; round < rounds; round += 1) {
            const winner = await race(p, other, revision, `${round}`);
            revision += 1;
            assert.deepEqual(await p.read("a"), [{ key: "a", value: winner, revision }]);
          }
        });
      },
    ),
    backendCase(
      "law-1.race-to-create",
      `of ${WRITERS} writers that expect absence exactly one wins, also in a partition that never existed`,
      async (p, subject) => {
        await withAnother(subject, async (other) => {
          for (let round = 0; round < rounds; round += 1) {
            const fresh = probe(p.backend, `${p.name}-${round}`);
            const winner = await race(fresh, other, "absent", `${round}`);
            assert.deepEqual(await fresh.all(), [{ key: "a", value: winner, revision: 1 }]);
          }
        });
      },
    ),
    backendCase(
      "law-1.race-of-counters",
      "writers that read, add one and write lose no addition",
      async (p, subject) => {
        await withAnother(subject, async (other) => {
          await p.write(put("count", "0"));
          const workers = Array.from({ length: 8 }, (_, index) =>
            addOften(index % 2 ? probe(other, p.name) : p, 5),
          );
          await Promise.all(workers);
          assert.equal((await p.one("count")).value, "40");
        });
      },
    ),
  ];
}

/** Lets all writers go at once, from two handles; exactly one must win. Returns what it wrote. */
async function race(p: Probe, other: Backend, expect: Expectation, round: string): Promise<string> {
  const there = probe(other, p.name);
  const values = Array.from({ length: WRITERS }, (_, index) => `round ${round} writer ${index}`);
  const outcomes = await Promise.allSettled(
    values.map((value, index) => (index % 2 ? there : p).write(put("a", value, { expect }))),
  );
  const winners = values.filter((_, index) => outcomes[index]?.status === "fulfilled");
  assert.equal(winners.length, 1, `round ${round}: the number of winners`);
  const codes = outcomes.flatMap((one) =>
    one.status === "rejected"
      ? [isStorageError(one.reason) ? one.reason.code : String(one.reason)]
      : [],
  );
  assert.deepEqual(
    codes,
    Array.from({ length: WRITERS - 1 }, () => "CONFLICT"),
  );
  return winners[0] ?? "";
}

/** Adds to the counter so many times, reading again after each conflict. */
async function addOften(p: Probe, times: number): Promise<void> {
  for (let added = 0; added < times; ) {
    const { value, revision } = await p.one("count");
    try {
      await p.write(put("count", String(Number(value) + 1), { expect: revision }));
      added += 1;
    } catch (error) {
      if (!isStorageError(error) || error.code !== "CONFLICT") throw error;
    }
  }
}
