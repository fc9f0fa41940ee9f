import { on } from "node:events";
import { ConflictError } from "@perdure/checkpoint-core";
import { postgresBackend } from "@perdure/checkpoint-postgres";

/** Another process on the same schema. Does one job and sends what came of it. */
const [url = "", schema = "", id = "", job = "", count = ""] = process.argv.slice(2);
const open = (name = schema) => postgresBackend({ url, schema: name, max: 4 });

const jobs: Readonly<Record<string, (times: number) => Promise<unknown>>> = {
  /** Sets each schema that it is told up, from many handles at once, and says how many were refused; ends at an empty name. */
  async setup(times) {
    for await (const [name] of on(process, "message") as AsyncIterable<[string]>) {
      if (name === "") break;
      const backends = Array.from({ length: times }, () =>
        postgresBackend({ url, schema: name, max: 1 }),
      );
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
