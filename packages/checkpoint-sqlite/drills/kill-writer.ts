import { writeSync } from "node:fs";
import type { SqliteDriver } from "@perdure/checkpoint-sqlite";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { ordinalKey } from "@perdure/checkpoint-core";

/** Writes numbered triples until it is killed, and prints each number once its write was acknowledged. */
const [path = "", driver = ""] = process.argv.slice(2);
const backend = sqliteBackend({ path, driver: driver as SqliteDriver });
await backend.setup("create");
const [head] = await backend.read("numbers", ["head"], 0);
const value = new Uint8Array(1024).fill(120);
for (let number = Number(head ? new TextDecoder().decode(head.value) : 0) + 1; ; number += 1) {
  await backend.write("numbers", {
    writes: [
      { op: "put", key: `a/${ordinalKey(number)}`, value, expect: "absent" },
      {
        op: "put",
        key: "head",
        value: new TextEncoder().encode(String(number)),
        expect: number === 1 ? "absent" : "present",
      },
      { op: "put", key: `b/${ordinalKey(number)}`, value, expect: "absent" },
    ],
    now: 0,
  });
  writeSync(1, `${number}\n`);
}
