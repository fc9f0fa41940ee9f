import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type Backend, createStore, partitionName } from "@perdure/checkpoint-core";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { drivers, testFile } from "./folder.ts";
import { narrowed, stateOf } from "./narrowed.ts";

const PUTS = 4;
const DAY = 24 * 60 * 60 * 1000;

/** Pieces and uploads in the threads of this test. */
async function pieces(backend: Backend): Promise<number> {
  let found = 0;
  for (const name of ["a", "b", "c", "shared"])
    for (const prefix of ["p/", "u/"]) {
      const range = { from: prefix, to: `${prefix}~~`, limit: 1000 };
      found += (await backend.scan(partitionName("t", [undefined, name]), range, 0)).records.length;
    }
  return found;
}

describe.each(drivers)(
  "values in pieces that several processes write to one file, %s",
  (driver) => {
    const start = (path: string, name: string, killedAt = ""): ChildProcess => {
      const script = new URL("piecesChild.ts", import.meta.url);
      const child = fork(script, [path, driver, name, String(PUTS), killedAt], {
        execArgv: ["--disable-warning=ExperimentalWarning"],
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      return child;
    };

    test("are whole though some are killed in the middle of an upload, and what those left is freed", {
      timeout: 60_000,
    }, async () => {
      const path = await testFile();
      const killed = ["4", "6", "9"].map(async (at) => {
        const [, signal] = (await once(start(path, "a", at), "exit")) as readonly unknown[];
        return signal;
      });
      const names = ["b", "c"];
      const whole = names.map(async (name) => once(start(path, name), "message"));
      expect(new Set(await Promise.all(killed))).toEqual(new Set(["SIGKILL"]));
      await Promise.all(whole);
      await once(start(path, "a"), "message");

      await using backend = sqliteBackend({ path, driver });
      const at = (days: number) =>
        createStore({
          backend: narrowed(backend, () => undefined),
          now: () => Date.now() + days * DAY,
        });
      for (const name of ["a", ...names])
        expect(await at(0).checkpoints.get(name)).toEqual(stateOf(name, PUTS - 1));
      const values = (await at(0).history.read("shared")).map(({ value }) => value);
      const expected = ["a", ...names].flatMap((name) =>
        Array.from({ length: PUTS }, (_, put) => stateOf(name, put)),
      );
      expect(new Set(values.map((value) => JSON.stringify(value)))).toEqual(
        new Set(expected.map((value) => JSON.stringify(value))),
      );
      expect(values).toHaveLength(expected.length);
      expect(await pieces(backend)).toBeGreaterThan(expected.length);
      for (const name of ["a", ...names]) await at(0).checkpoints.delete(name);
      await at(0).history.clear("shared");
      for (let days = 1; days < 80; days += 20)
        expect((await at(days).maintain({ ms: 60_000 })).failed).toEqual([]);
      expect(await pieces(backend)).toBe(0);
    });
  },
);
