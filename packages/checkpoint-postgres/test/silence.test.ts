import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { postgresBackend } from "@perdure/checkpoint-postgres";
import { expect, test } from "vitest";
import { Listener } from "../src/listener.ts";
import { silentServer } from "./silentServer.ts";

test.each([1, 5])(
  "a disposal ends while the server answers nothing, and so do %i calls on two connections",
  async (calls) => {
    const url = await silentServer();
    const backend = postgresBackend({ url, max: 2, connectMs: 300 });
    const asked = Promise.allSettled(Array.from({ length: calls }, () => backend.read("p", [], 0)));
    await backend[Symbol.asyncDispose]();
    for (const answer of await asked)
      expect(answer).toMatchObject({ status: "rejected", reason: { code: "UNAVAILABLE" } });
  },
);

test("a process that follows ends by itself, also while the server answers nothing", async () => {
  const listenUrl = await silentServer();
  const program = `
    import { postgresBackend } from "@perdure/checkpoint-postgres";
    const options = { url: ${JSON.stringify(listenUrl)}, listenUrl: ${JSON.stringify(listenUrl)} };
    const { notifier } = postgresBackend(options);
    await new Promise((resolve) => notifier.subscribe("t", resolve) && setTimeout(resolve, 500));
    console.log("done");`;
  const words = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program];
  const cwd = new URL("..", import.meta.url);
  expect((await promisify(execFile)(process.execPath, words, { cwd })).stdout).toBe("done\n");
});

test("a listener that is not answered begins again, and says each time that something may have been missed", async () => {
  let listener: Listener | undefined;
  const connectionString = await silentServer();
  await new Promise<void>((resolve) => {
    let missed = 0;
    listener = new Listener({
      settings: { connectionString },
      channel: "c",
      heard: () => undefined,
      missed: () => (missed += 1) === 2 && resolve(),
      wanted: () => true,
      answerMs: 20,
    });
    listener.open();
  });
  listener?.close();
});
