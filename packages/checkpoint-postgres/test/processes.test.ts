import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { postgresBackend } from "@perdure/checkpoint-postgres";
import { describeOn } from "@perdure/engines/vitest";
import { expect, inject, onTestFinished, test } from "vitest";
import { newPlace, testPlace } from "./database.ts";

const PROCESSES = 4;

/** What each of some processes answers that do one job. */
function inProcesses(
  { url, schema }: { readonly url: string; readonly schema: string },
  job: string,
  count: number,
): Promise<unknown[]> {
  return Promise.all(
    Array.from({ length: PROCESSES }, (_, id) => answerOf(start(url, schema, id, job, count))),
  );
}

describeOn("postgres", "several processes on one schema", () => {
  test("64 setups of a fresh schema from all of them at once all succeed, 20 times", async () => {
    const children = Array.from({ length: PROCESSES }, (_, id) =>
      start(inject("postgresUrl"), "", id, "setup", 16),
    );
    for (let round = 0; round < 20; round += 1) {
      const { url, schema, remove } = newPlace();
      const refused = children.map((child) => {
        child.send(schema);
        return answerOf(child);
      });
      expect(await Promise.all(refused)).toEqual([0, 0, 0, 0]);
      await using backend = postgresBackend({ url, schema });
      await backend.setup("verify");
      await remove();
    }
    for (const child of children) child.send("");
  });

  test("every write of every process is there, in one order, at consecutive revisions", async () => {
    const place = testPlace();
    await using backend = postgresBackend(place);
    await backend.setup("create");
    await inProcesses(place, "append", 50);
    const page = await backend.scan("shared", { from: "m/", to: "m0", limit: 1000 }, 0);
    expect(page.records.map(({ revision }) => revision)).toEqual(
      Array.from({ length: PROCESSES * 50 }, (_, index) => index + 1),
    );
    const values = page.records.map(({ value }) => new TextDecoder().decode(value));
    for (let id = 0; id < PROCESSES; id += 1)
      expect(values.filter((value) => value.startsWith(`${id}:`))).toEqual(
        Array.from({ length: 50 }, (_, index) => `${id}:${index}`),
      );
  });

  test("of a record that all of them want to create, one creates it, in every round", async () => {
    const place = testPlace();
    await using backend = postgresBackend(place);
    await backend.setup("create");
    const won = (await inProcesses(place, "race", 50)) as number[][];
    const owners = await backend.read(
      "shared",
      Array.from({ length: 50 }, (_, round) => `r/${round}`),
      0,
    );
    expect(owners.map((record) => new TextDecoder().decode(record?.value))).toEqual(
      Array.from({ length: 50 }, (_, round) => String(won.findIndex((r) => r.includes(round)))),
    );
    expect(won.flat()).toHaveLength(50);
  });
});

function start(url: string, schema: string, id: number, job: string, count: number): ChildProcess {
  const script = new URL("child.ts", import.meta.url);
  const child = fork(script, [url, schema, String(id), job, String(count)], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** What a process answers next. Rejects when it ends before. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  const ended = async (): Promise<never> => {
    const [code] = (await once(child, "exit", { signal })) as [unknown];
    throw new Error(`The process ended with ${String(code)} and has not answered.`);
  };
  try {
    return ((await Promise.race([once(child, "message", { signal }), ended()])) as [unknown])[0];
  } finally {
    over.abort();
  }
}
