import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Approval } from "@perdure/checkpoint-core";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { createTestInngest, serveTestInngest } from "@perdure/inngest-bridge/testing";
import { sendCurl, shellLines } from "@perdure/stage/curl";
import { Inngest } from "inngest";
import { afterAll, expect, test } from "vitest";
import { supportAgent } from "../src/agent.ts";
import { app } from "../src/app.ts";
import { scriptedModel } from "../src/model.ts";

// Over HTTP on both sides: the server that INNGEST_DEV names, or the in-process one.
// Inngest takes its time to wake a run: the first call that is to go on with one does not arrive.
let isFirstWake = true;
const standIn = await serveTestInngest(
  createTestInngest({
    clock: "real",
    routing: "last",
    retryDelay: () => 500,
    faults({ kind, fnId = "" }) {
      if (kind !== "call" || !fnId.endsWith(":resume") || !isFirstWake) return undefined;
      isFirstWake = false;
      return "lose-request";
    },
  }),
);
const baseUrl = process.env["INNGEST_DEV"] ?? standIn.url;
const folder = await mkdtemp(join(tmpdir(), "http-app-"));
const refunds: string[] = [];
afterAll(async () => {
  await standIn.close();
  await rm(folder, { recursive: true, force: true });
});

interface Running {
  readonly url: string;
  /** Asks the app as somebody; the status and what it answers. */
  readonly ask: (
    user: string | undefined,
    path: string,
    body?: object,
  ) => Promise<{ readonly status: number; readonly body: unknown }>;
  /** The names of a run's events, until its stream ends; the last id. */
  readonly events: (
    user: string,
    runId: string,
    after?: string,
  ) => Promise<{ readonly names: readonly string[]; readonly last: string | undefined }>;
  readonly end: () => Promise<void>;
}

async function refund(order: string): Promise<string> {
  refunds.push(order);
  return `refunded: order ${order}`;
}

function headersOf(user: string | undefined): Record<string, string> {
  return { "content-type": "application/json", ...(user === undefined ? {} : { "x-user": user }) };
}

/** A process of the app, as far as one can be had in a test: its own store on the same file, its own port. */
async function started(): Promise<Running> {
  const store = sqliteStore({ path: join(folder, "agents.db") });
  const quiet = { info() {}, warn() {}, error() {}, debug() {} };
  const inngest = new Inngest({ id: "http-app", isDev: true, baseUrl, logger: quiet });
  const support = supportAgent({ inngest, store, model: scriptedModel, refund });
  const web = app({
    inngest,
    store,
    support,
    identify(request) {
      const user = request.get("x-user");
      return user ? { user, isStaff: user === "dana" } : undefined;
    },
  });
  const server = await new Promise<Server>((resolve) => {
    const listening = web.listen(0, "127.0.0.1", () => resolve(listening));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await fetch(`${url}/api/inngest`, { method: "PUT" });
  return {
    url,
    async ask(user, path, body) {
      const post = body && { method: "POST", body: JSON.stringify(body) };
      const response = await fetch(`${url}${path}`, { headers: headersOf(user), ...post });
      return { status: response.status, body: await response.json() };
    },
    async events(user, runId, after) {
      const id = after === undefined ? {} : { "last-event-id": after };
      const headers = { ...headersOf(user), ...id };
      const text = await (await fetch(`${url}/runs/${runId}/events`, { headers })).text();
      const names = [...text.matchAll(/^event: (.*)$/gm)].map(([, name = ""]) => name);
      return { names, last: [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] };
    },
    async end() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await store[Symbol.asyncDispose]();
    },
  };
}

test("a customer writes, watches, a person decides after a restart, and one refund is made", {
  timeout: 60_000,
}, async () => {
  let running = await started();
  const message = { text: "Please refund order 7.", runId: `run-${Date.now()}` };
  const { status, body } = await running.ask("ann", "/threads/ann-1/messages", message);
  expect({ status, body }).toMatchObject({ status: 202, body: { threadId: "ann-1" } });
  // Sent again, as a client does that got no answer.
  expect((await running.ask("ann", "/threads/ann-1/messages", message)).status).toBe(202);
  const { runId } = body as { readonly runId: string };
  const until = await running.events("ann", runId);
  expect(until.names.at(-1)).toBe("run.suspended");
  await running.end();

  running = await started();
  const { approvals } = (await running.ask("dana", "/approvals")).body as {
    readonly approvals: readonly Approval[];
  };
  expect(approvals).toHaveLength(1);
  const { id = "", digest = "", input } = approvals[0] ?? {};
  expect(input).toEqual({ order: "7" });
  const decide = async (user: string, approve: boolean, shown = digest) =>
    running.ask(user, `/threads/ann-1/approvals/${encodeURIComponent(id)}`, {
      approve,
      digest: shown,
    });
  expect((await decide("ann", true)).status).toBe(403);
  expect((await decide("dana", true, "0".repeat(digest.length))).status).toBe(409);
  expect(await decide("dana", true)).toEqual({
    status: 200,
    body: { counted: true, status: "approved", by: "dana" },
  });
  expect((await decide("dana", false)).body).toMatchObject({ counted: false, status: "approved" });

  // The browser reconnects, and misses nothing.
  const rest = await running.events("ann", runId, until.last);
  expect(rest.names).toContain("text.delta");
  expect(rest.names.at(-1)).toBe("stream.ended");
  expect((await running.ask("ann", `/runs/${runId}`)).body).toMatchObject({
    status: "completed",
    outcome: { output: { response: "It is refunded: order 7." } },
    waitsFor: 0,
  });
  const history = await running.ask("ann", "/threads/ann-1/messages");
  expect(history.body).toMatchObject(
    ["user", "assistant", "tool", "assistant"].map((role) => ({ value: { role } })),
  );
  expect(refunds).toEqual(["7"]);

  // Nobody else sees or touches any of it.
  const refusals = await Promise.all([
    running.ask(undefined, `/runs/${runId}`),
    running.ask("bob", `/runs/${runId}`),
    running.ask("bob", "/threads/ann-1/messages"),
    running.ask("bob", "/threads/ann-1/messages", { text: "Hello" }),
    running.ask("bob", "/approvals"),
  ]);
  expect(refusals.map((refusal) => refusal.status)).toEqual([401, 403, 403, 403, 403]);
  await running.end();
});

test("the requests of the README do what stands beside them", { timeout: 60_000 }, async () => {
  const running = await started();
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const requests = shellLines(readme).filter((line) => line.startsWith("curl"));
  const [message = "", events = "", approvals = "", decision = ""] = requests;
  const thread = `ann-${Date.now()}`;
  const left: Record<string, string> = { "ann-1": thread };
  const send = async (line: string): Promise<Response> => sendCurl(line, running.url, left);

  const { runId } = (await (await send(message)).json()) as { readonly runId: string };
  left["RUN"] = runId;
  expect(await (await send(events)).text()).toContain("event: run.suspended");
  const asked = (await (await send(approvals)).json()) as {
    readonly approvals: readonly Approval[];
  };
  const { id = "", digest = "" } =
    asked.approvals.find(({ threadId }) => threadId === thread) ?? {};
  Object.assign(left, { APPROVAL: encodeURIComponent(id), DIGEST: digest });
  expect(await (await send(decision)).json()).toMatchObject({ counted: true, by: "dana" });
  expect(await (await send(events)).text()).toContain("event: stream.ended");
  expect(requests).toHaveLength(4);
  await running.end();
});
