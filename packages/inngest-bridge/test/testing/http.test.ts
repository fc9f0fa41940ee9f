import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { createTestInngest, faultAt, serveTestInngest } from "../../src/testing/index.ts";
import { modes, runOf } from "./modes.ts";

const processes: ChildProcess[] = [];

afterEach(() => {
  for (const child of processes.splice(0)) child.kill("SIGKILL");
});

interface Process {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  /** The rest of the first line that begins with `word`. */
  heard(word: string): Promise<string>;
}

function run(
  file: URL,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Process {
  const child = spawn(process.execPath, [fileURLToPath(file), ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  processes.push(child);
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    for (const listener of listeners) listener();
  });
  async function heard(word: string): Promise<string> {
    for (;;) {
      const line = lines.find((candidate) => candidate.startsWith(word));
      if (line !== undefined) return line.slice(word.length).trim();
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          listeners.delete(listener);
          resolve();
        };
        listeners.add(listener);
      });
    }
  }
  return { child, lines, heard };
}

const app = new URL("app.ts", import.meta.url);
const main = new URL("../../src/testing/main.ts", import.meta.url);

describe.each(modes)(
  "an unmodified app in another process, with checkpointing $checkpointing",
  ({ checkpointing }) => {
    const mode = checkpointing ? "checkpointing" : "off";

    test("is served over HTTP, with a state that it fetches itself", async () => {
      const server = createTestInngest({ clock: "real" });
      const served = await serveTestInngest(server);
      const shop = run(app, [mode], { INNGEST_DEV: served.url });
      await server.sync(await shop.heard("serving"));
      await server.send({ name: "order/placed", data: { n: 7 } });
      await shop.heard("told 7");
      await server.settle();
      expect(runOf(server, "shop-order")).toMatchObject({
        status: "Completed",
        output: { first: "first", size: 6_000_000 },
      });
      const answer = await fetch(`${served.url}/v1/runs/${runOf(server, "shop-order").id}`);
      expect(await answer.json()).toMatchObject({
        data: { status: "Completed", function_id: "shop-order" },
      });
      await served.close();
    });

    test("is killed in a step, and another process takes over", async () => {
      const inngest = run(main, ["--port", "0", "--retry-delay", "200ms"]);
      const url = await inngest.heard("inngest listening on");
      const first = run(app, [mode, "hang"], { INNGEST_DEV: url });
      await fetch(await first.heard("serving"), { method: "PUT" });
      const sent = await fetch(`${url}/e/key`, {
        method: "POST",
        body: JSON.stringify({ name: "order/placed", data: { n: 1 } }),
      });
      const { ids } = (await sent.json()) as { readonly ids: readonly string[] };
      await first.heard("hang");
      first.child.kill("SIGKILL");
      const second = run(app, [mode], { INNGEST_DEV: url });
      await fetch(await second.heard("serving"), { method: "PUT" });
      await second.heard("told 1");
      expect(second.lines.filter((line) => line.startsWith("first"))).toEqual([]);
      expect(second.lines.filter((line) => line.startsWith("hang"))).toHaveLength(1);
      const runs = await fetch(`${url}/v1/events/${ids[0] ?? ""}/runs`);
      expect(await runs.json()).toMatchObject({
        data: [
          {
            function_id: "shop-order",
            status: "Completed",
            output: { first: "first", size: 6_000_000 },
          },
        ],
      });
    });
  },
);

test("kills the process whose checkpoint a fault stops, and another goes on from what it saved", async () => {
  const server = createTestInngest({
    clock: "real",
    routing: "last",
    retryDelay: () => 100,
    faults: { checkpoint: faultAt(0, "stop-after") },
  });
  const served = await serveTestInngest(server);
  const first = run(app, ["checkpointing"], { INNGEST_DEV: served.url });
  const died = new Promise<void>((resolve) => first.child.once("exit", () => resolve()));
  await server.sync(await first.heard("serving"), { stop: () => first.child.kill("SIGKILL") });
  await server.send({ name: "order/placed", data: { n: 3 } });
  await died;
  const second = run(app, ["checkpointing"], { INNGEST_DEV: served.url });
  await server.sync(await second.heard("serving"));
  await second.heard("told 3");
  expect(first.lines.slice(1)).toEqual(["first 3"]);
  expect(second.lines[1]).toMatch(/^hang attempt \d+$/u);
  expect(server.requests[0]).toMatchObject({ attempt: 0, checkpointed: ["first"], ops: [] });
  await served.close();
});

test("cancels and reruns over HTTP", async () => {
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const fn = inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
    await step.sleep("nap", "1h");
  });
  await server.register({ client: inngest, functions: [fn] });
  const served = await serveTestInngest(server);
  await server.send({ name: "go" });
  await server.settle();
  const { id } = runOf(server);
  expect((await fetch(`${served.url}/v1/runs/${id}`, { method: "DELETE" })).status).toBe(200);
  expect(server.run(id).status).toBe("Cancelled");
  const rerun = await fetch(`${served.url}/v2/runs/${id}/rerun`, { method: "POST" });
  const { data } = (await rerun.json()) as { readonly data: { readonly id: string } };
  await server.settle({ advance: true });
  expect(server.run(data.id)).toMatchObject({ status: "Completed", rerunOf: id });
  expect((await fetch(`${served.url}/v1/runs/nobody`)).status).toBe(404);
  expect((await fetch(`${served.url}/v2/runs/nobody/rerun`, { method: "POST" })).status).toBe(404);
  expect((await fetch(`${served.url}/nowhere`)).status).toBe(404);
  const refused = await fetch(`${served.url}/e/key`, {
    method: "POST",
    body: JSON.stringify({ data: {} }),
  });
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ code: "BAD_EVENT" });
  await served.close();
});

test("refuses a body that is no JSON and a path that is no percent-encoding", async () => {
  const served = await serveTestInngest(createTestInngest());
  for (const [path, method] of [
    ["/e/key", "POST"],
    ["/fn/register", "POST"],
    ["/v1/checkpoint/run/async", "POST"],
  ] as const)
    for (const body of ["{", "", "undefined"]) {
      const refused = await fetch(`${served.url}${path}`, { method, body });
      expect([refused.status, await refused.json()], `${path} ${body}`).toEqual([
        400,
        { error: "The body is not JSON.", code: "BAD_OPTION", status: 400 },
      ]);
    }
  for (const path of ["/v1/runs/%E0%A4%A", "/v1/events/%/runs"]) {
    const refused = await fetch(`${served.url}${path}`);
    expect([refused.status, await refused.json()], path).toMatchObject([
      400,
      { code: "BAD_OPTION", status: 400 },
    ]);
  }
  await served.close();
});

test("breaks connections where a fault says so", async () => {
  const server = createTestInngest({
    clock: "real",
    retryDelay: () => 10,
    faults: {
      call: faultAt(1, "lose-response"),
      checkpoint: faultAt(0, "lose-response"),
    },
  });
  const served = await serveTestInngest(server);
  const shop = run(app, ["checkpointing"], { INNGEST_DEV: served.url });
  await server.sync(await shop.heard("serving"));
  await server.send({ name: "order/placed", data: { n: 2 } });
  await shop.heard("told 2");
  await server.settle({ advance: true });
  expect(runOf(server, "shop-order").status).toBe("Completed");
  expect(shop.lines.filter((line) => line.startsWith("first"))).toEqual(["first 2"]);
  await served.close();
});
