import { spawn } from "node:child_process";
import { once } from "node:events";
import { ownServer, redisCluster } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { describe, expect, onTestFinished, test, vi } from "vitest";

/** A process that has `redisStore` and these options, and how it ended. */
function start(program: string, options: object) {
  const source = new URL("../src/index.ts", import.meta.url).href;
  const whole = `import { redisStore } from ${JSON.stringify(source)}; const options = ${JSON.stringify(options)}; ${program}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", whole]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = { printed: "" };
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (said.printed += chunk.toString()));
  const ended = once(child, "close").then(([code]) => ({ code: code as unknown, ...said }));
  return { child, said, ended };
}

const ends = `
const store = redisStore(options);
const stop = new AbortController();
const following = (async () => { for await (const _ of store.streams.follow("s", 0, stop.signal)); })().catch(() => undefined);
await store.checkpoints.put("t", {}).catch((error) => console.log(error.code));
stop.abort();
await following;
await store[Symbol.asyncDispose]();
await store[Symbol.asyncDispose]();
`;

describeOn("redis", "a process", () => {
  describe("ends once its store is disposed of", () => {
    test("whose server is there", async () => {
      await using server = await ownServer("redis");
      expect(await start(ends, { url: server.url }).ended).toEqual({ code: 0, printed: "" });
    });

    test("whose server was never there", async () => {
      const gone = { url: "redis://127.0.0.1:1", timeoutMs: 300 };
      expect(await start(ends, gone).ended).toEqual({ code: 0, printed: "UNAVAILABLE\n" });
    });

    test("whose Cluster was never there", async () => {
      const gone = { nodes: ["redis://127.0.0.1:1"], timeoutMs: 300 };
      expect(await start(ends, gone).ended).toEqual({ code: 0, printed: "UNAVAILABLE\n" });
    });

    test("whose Cluster is there", async () => {
      await using cluster = await redisCluster();
      const nodes = cluster.nodes.map(({ url }) => url);
      expect(await start(ends, { nodes }).ended).toEqual({ code: 0, printed: "" });
    });
  });

  test("that has used its store does not die of a server that does", async () => {
    await using server = await ownServer("redis");
    const program = `
      const store = redisStore({ ...options, timeoutMs: 1000 });
      await store.checkpoints.put("t", {});
      console.log("used");
      await new Promise((resolve) => process.stdin.once("data", resolve));
      await store.checkpoints.get("t").catch((error) => console.log(error.code));
      process.exit(0);
    `;
    const { child, said, ended } = start(program, { url: server.url });
    await vi.waitFor(() => expect(said.printed).toBe("used\n"), 20_000);
    await server.kill();
    child.stdin.write("go on");
    expect(await ended).toEqual({ code: 0, printed: "used\nUNAVAILABLE\n" });
  });
});
