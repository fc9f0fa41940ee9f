import assert from "node:assert/strict";
import { isStorageError } from "../../errors.ts";
import type { Case } from "../case.ts";
import { append, NOW, pairs, probe, put } from "./probe.ts";
import { backendCase, type BackendSubject, withAnother } from "./subject.ts";

/** Rounds of each race. */
const ROUNDS = 5;
/** Who revives at once. */
const REVIVERS = 32;
/** Records of a drop that takes an engine several steps. */
const MANY = 500;

/** Law 6 under load: drops beside writes, and lives that begin while another ends. */
export const dropRaces: readonly Case<BackendSubject>[] = [
  backendCase(
    "law-6.held-drop-race",
    "of a drop that is held to a record and a write that expects the same revision exactly one happens",
    async (p, subject) => {
      await withAnother(subject, async (other) => {
        for (let round = 0; round < ROUNDS; round += 1) {
          const { name } = probe(p.backend, `${p.name}-${round}`);
          const there = probe(other, name);
          const revision = await there.write(put("a", "1"));
          const outcomes = await Promise.all([
            outcomeOf(p.backend.drop(name, NOW, { key: "a", revision })),
            outcomeOf(there.write(put("a", "2", { expect: revision }))),
          ]);
          const left = pairs(await there.all());
          const expected =
            outcomes[0] === "done"
              ? { outcomes: ["done", "DELETED"], left: [] }
              : { outcomes: ["CONFLICT", "done"], left: ["a=2"] };
          assert.deepEqual({ outcomes, left }, expected);
        }
      });
    },
  ),
  backendCase(
    "law-6.race-to-revive",
    "writers that revive at once all land in one life, and one of them finds it empty",
    async (p, subject) => {
      await withAnother(subject, async (other) => {
        await p.write(put("old", "1"));
        await p.drop();
        const outcomes = await Promise.all(
          Array.from({ length: REVIVERS }, (_, index) => {
            const handle = index % 2 ? probe(other, p.name) : p;
            const first = put("first", String(index), { expect: "absent" });
            const writes = [append("x/", String(index)), ...(index < REVIVERS / 2 ? [first] : [])];
            return outcomeOf(handle.writeAt(NOW, writes, true));
          }),
        );
        const lost = outcomes.filter((outcome) => outcome !== "done");
        assert.deepEqual(
          lost,
          Array.from({ length: REVIVERS / 2 - 1 }, () => "CONFLICT"),
        );
        const keys = (await p.all()).map(({ key }) => key);
        assert.equal(keys.filter((key) => key === "first").length, 1);
        assert.equal(keys.filter((key) => key.startsWith("x/")).length, REVIVERS - lost.length);
        assert.equal(keys.includes("old"), false, "what was dropped is back");
      });
    },
  ),
  backendCase(
    "law-6.revive-beside-drop",
    "a life that begins while a drop still deletes the one before it loses nothing to that",
    async (p, subject) => {
      await withAnother(subject, async (other) => {
        const keys = Array.from({ length: MANY }, (_, index) => `k${index}`);
        for (let at = 0; at < MANY; at += 50)
          await p.write(...keys.slice(at, at + 50).map((key) => put(key, "old")));
        const there = probe(other, p.name);
        const writes = ["k0", "k200", "k499"].map((key) => put(key, "new", { expect: "absent" }));
        const dropped = p.drop();
        for (let outcome = ""; outcome !== "done"; ) {
          outcome = await outcomeOf(there.writeAt(NOW, writes, true));
          assert.match(outcome, /^(?:done|CONFLICT)$/);
        }
        await dropped;
        assert.deepEqual(pairs(await p.all()), ["k0=new", "k200=new", "k499=new"]);
      });
    },
  ),
];

/** The code that a call fails with; "done" where it does not. */
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "done";
  } catch (error) {
    if (isStorageError(error)) return error.code;
    throw error;
  }
}
