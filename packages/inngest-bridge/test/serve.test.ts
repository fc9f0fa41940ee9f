import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { Inngest } from "inngest";
import { serve as edgeServe } from "inngest/edge";
import { serve as expressServe } from "inngest/express";
import { serve as fastifyServe } from "inngest/fastify";
import { serve as honoServe } from "inngest/hono";
import { serve as nextServe } from "inngest/next";
import { createServer as nodeServer } from "inngest/node";
import { afterAll, expect, onTestFinished, test } from "vitest";
import {
  createAgentLoop,
  createInngestAgent,
  createServe,
  isInngestAgent,
  serve,
  type ServeOptions,
} from "../src/index.ts";
import { createTestInngest, serveTestInngest } from "../src/testing/index.ts";
import { calls, recorder, turns } from "./bridge/world.ts";

const standIn = createTestInngest({ clock: "real", retryDelay: () => 50 });
const served = await serveTestInngest(standIn);
afterAll(async () => served.close());

const PATH = "/api/inngest";

/** A server of each framework, made as its users make it. */
const frameworks: Readonly<Record<string, (options: ServeOptions) => Server | Promise<Server>>> = {
  node: createServe(nodeServer),
  express(options) {
    const app = express();
    app.use(express.json({ limit: "10mb" }));
    app.use(PATH, createServe(expressServe)(options));
    return createHttpServer(app as RequestListener);
  },
  async fastify(options) {
    const app = fastify();
    const handler = createServe(fastifyServe)(options);
    app.route({ method: ["GET", "POST", "PUT"], url: PATH, handler });
    await app.ready();
    return app.server;
  },
  hono(options) {
    const app = new Hono();
    app.on(["GET", "POST", "PUT"], PATH, createServe(honoServe)(options));
    return web(async (request) => app.fetch(request));
  },
  next(options) {
    const { GET, POST, PUT } = createServe(nextServe)(options);
    return web(async (request) => {
      const handler = new Map([
        ["GET", GET],
        ["POST", POST],
        ["PUT", PUT],
      ]).get(request.method);
      return handler ? handler(request, {}) : new Response(null, { status: 405 });
    });
  },
  edge: (options) => web(createServe(edgeServe)(options)),
  web: (options) => web(serve(options)),
};

/** A server that hands requests to a function of the web's. */
function web(answer: (request: Request) => Promise<Response>): Server {
  return createHttpServer((incoming, outgoing) => {
    const pass = async (): Promise<void> => {
      const { method = "GET", url = "/", headers } = incoming;
      const body = method === "GET" ? undefined : await text(incoming);
      const request = new Request(new URL(url, `http://${headers.host}`), {
        method,
        headers: new Headers(headers as Readonly<Record<string, string>>),
        ...(body === undefined ? {} : { body }),
      });
      const response = await answer(request);
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(await response.text());
    };
    pass().catch((error: unknown) => outgoing.destroy(error as Error));
  });
}

test.each(Object.keys(frameworks))(
  "a run over HTTP on %s, with an approval in its middle",
  async (name) => {
    const inngest = new Inngest({
      id: `app-${name}`,
      isDev: true,
      baseUrl: served.url,
      logger: { info() {}, warn() {}, error() {}, debug() {} },
    });
    const agent = createInngestAgent({
      inngest,
      agent: createAgentLoop({
        name,
        tools: { refund: recorder(() => "refunded", { requiresApproval: true }) },
        model: turns(calls(["c", "refund", {}]), { text: `done on ${name}` }),
      }),
      store: createStore({ backend: memoryBackend() }),
      runEvent: `${name}/run`,
      resumeEvent: `${name}/resume`,
    });
    const server = await frameworks[name]?.({ client: inngest, agents: [agent] });
    if (!server) throw new Error(`There is no ${name}.`);
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    await fetch(`http://127.0.0.1:${port}${PATH}`, { method: "PUT" });
    expect(await agent.generate("refund", { threadId: "t", runId: "r" })).toMatchObject({
      status: "suspended",
      pending: [{ callId: "c" }],
    });
    const going = await agent.resume("r", { approved: true });
    expect(await going.output.text).toBe(`done on ${name}`);
  },
);

test("serve takes agents and functions, and refuses what is neither", () => {
  const inngest = createTestInngest().client({ id: "app" });
  const store = createStore({ backend: memoryBackend() });
  const loop = createAgentLoop({ name: "one", model: () => ({ text: "" }) });
  const agent = createInngestAgent({ inngest, agent: loop, store });
  const own = inngest.createFunction({ id: "own", triggers: { event: "own/go" } }, () => "done");
  const all = createServe((options) => options)({
    client: inngest,
    agents: [agent],
    functions: [own],
    registerOptions: { servePath: "/x" },
  });
  expect(all).toEqual({ client: inngest, functions: [...agent.functions, own], servePath: "/x" });
  expect([agent, own, {}, undefined].map(isInngestAgent)).toEqual([true, false, false, false]);
  const refusal = expect.objectContaining({ code: "INVALID_ARGUMENT" });
  expect(() => serve({ client: inngest, agents: [own as never] })).toThrow(refusal);
  expect(() => serve({ client: inngest, mastra: {} } as never)).toThrow(refusal);
  expect(() => serve({ agents: [agent] } as never)).toThrow(/needs client/);
  expect(() => serve({ client: inngest, agents: agent as never })).toThrow(/a list/);
  for (const functions of [agent, [agent], [agent.functions]])
    expect(() => serve({ client: inngest, functions: functions as never })).toThrow(refusal);
});
