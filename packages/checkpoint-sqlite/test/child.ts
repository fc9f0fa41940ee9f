import { on } from "node:events";
import { type SqliteDriver, sqliteBackend } from "@perdure/checkpoint-sqlite";
import { ConflictError } from "@perdure/checkpoint-core";

/** Another process on the same file. Does one job and sends what came of it. */
const [path = "", driver = "", id = "", job = "", count = ""] = process.argv.slice(2);
const open = (file = path) =>
  sqliteBackend({
    path: file,
    driver: driver as SqliteDriver,
    durability: "normal",
    waitMs: 60_000,
  });

const jobs: Readonly<Record<string, (times: number) => Promise<unknown>>> = {
  /** Sets each file that it is told up, from many handles at once, and says how many were refused; ends at an empty name. */
  async setup(times) {
    for await (const [file] of on(process, "message") as AsyncIterable<[string]>) {
      if (file === "") break;
      const backends = Array.from({ length: times }, () => open(file));
      const results = await Promise.allSettled(backends.map((backend) => backend.setup("create")));
      await Promise.all(backends.map((backend) => backend[Symbol.asyncDispose]()));
      process.send?.(results.filter(({ status }) => status === "rejected").length);
    }
    return "ended";
  },
  /** Appends to a partition that all processes share. */
  async append(times) {
    await using backend = open();
    for (let index = 0; index < times; index += 1)
      await backend.write("shared", {
        writes: [{ op: "append", prefix: "m/", value: Buffer.from(`${id}:${index}`) }],
        now: 0,
      });
    return times;
  },
  /** Tries to be the first in every round; the rounds won. */
  async race(times) {
    await using backend = open();
    const won: number[] = [];
    for (let round = 0; round < times; round += 1)
      try {
        await backend.write("shared", {
          writes: [{ op: "put", key: `r/${round}`, value: Buffer.from(id), expect: "absent" }],
          now: 0,
        });
        won.push(round);
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
      }
    return won;
  },
};

process.send?.(await jobs[job]?.(Number(count)));
process.disconnect();
