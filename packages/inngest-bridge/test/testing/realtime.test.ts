import type { Inngest, InngestFunction } from "inngest";
import { channel, staticSchema, subscribe } from "inngest/realtime";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  createTestInngest,
  faultAt,
  type Faults,
  serveTestInngest,
} from "../../src/testing/index.ts";
import { modes, runOf, startApp, type Started } from "./modes.ts";

const schema = staticSchema<Record<string, unknown>>();
const news = channel({ name: "news", topics: { words: { schema }, other: { schema } } });

function publisher(inngest: Inngest): InngestFunction.Any[] {
  return [
    inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
      const said = await step.realtime.publish("say", news.words, { n: 1 });
      await step.run("more", async () => {
        await inngest.realtime.publish(news.other, { n: 2 });
        await inngest.realtime.publish(news.words, { text: "é" });
      });
      return said;
    }),
  ];
}

async function start(checkpointing: boolean, faults: Faults = {}): Promise<Started> {
  return startApp({ checkpointing, faults, start: 1000, retryDelay: () => 1000 }, publisher);
}

afterEach(() => void vi.unstubAllGlobals());

describe.each(modes)("with checkpointing $checkpointing", ({ checkpointing }) => {
  test("keeps what was published, and the run that did", async () => {
    const { server, inngest } = await start(checkpointing);
    await server.send({ name: "go" });
    await server.settle();
    await inngest.realtime.publish(news.words, { from: "outside" });
    const { id: runId } = runOf(server);
    expect(runOf(server).output).toEqual({ n: 1 });
    expect(server.published()).toEqual([
      { channel: "news", topic: "words", data: { n: 1 }, runId, at: 1000 },
      { channel: "news", topic: "other", data: { n: 2 }, runId, at: 1000 },
      { channel: "news", topic: "words", data: { text: "é" }, runId, at: 1000 },
      { channel: "news", topic: "words", data: { from: "outside" }, at: 1000 },
    ]);
  });

  test("publishes twice in a step whose answer is lost", async () => {
    const { server } = await start(checkpointing, { publish: faultAt(0, "lose-response") });
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(runOf(server).status).toBe("Completed");
    expect(server.published().map(({ data }) => data)).toEqual([
      { n: 1 },
      { n: 1 },
      { n: 2 },
      { text: "é" },
    ]);
  });

  test("is heard through the SDK's own subscribe, in this process", async () => {
    const { server, inngest } = await start(checkpointing);
    vi.stubGlobal("WebSocket", server.WebSocket);
    const heard: unknown[] = [];
    const subscription = await inngest.realtime.subscribe({
      channel: news,
      topics: ["words"],
      onMessage: ({ topic, data, runId }) => void heard.push([topic, data, runId]),
    });
    await server.send({ name: "go" });
    await server.settle();
    const { id } = runOf(server);
    await expect
      .poll(() => heard)
      .toEqual([
        ["words", { n: 1 }, id],
        ["words", { text: "é" }, id],
      ]);
    subscription.close();
    await inngest.realtime.publish(news.words, { n: 3 });
    expect(heard).toHaveLength(2);
  });
});

test("carries a stream in chunks, as the wire has them", async () => {
  const { server, inngest } = await start(true);
  const { key = "" } = await inngest.realtime.token({ channel: news, topics: ["words"] });
  const heard: { readonly kind: string; readonly data: string; readonly stream_id?: string }[] = [];
  const leave = server.subscribe(key, (message) => void heard.push(JSON.parse(message)));
  const body = new Blob(["x".repeat(1500)]).stream();
  const url = `${server.baseUrl}/v1/realtime/publish?channel=news&topic=words`;
  const init = { method: "POST", headers: { "content-type": "text/stream" }, body, duplex: "half" };
  await server.handle(new Request(url, init as RequestInit));
  leave();
  const [first] = heard;
  expect(heard.map(({ kind, data }) => [kind, data.length])).toEqual([
    ["datastream-start", 26],
    ["chunk", 1024],
    ["chunk", 476],
    ["datastream-end", 26],
  ]);
  expect(heard[1]?.stream_id).toBe(first?.data);
});

test("cuts a message that is too long, which is then no JSON, and refuses one of no topic", async () => {
  const server = createTestInngest({ limits: { messageBytes: 10 } });
  const say = (query: string, data: unknown): Promise<Response> => {
    const body = JSON.stringify(data);
    const url = `${server.baseUrl}/v1/realtime/publish?${query}`;
    return server.handle(new Request(url, { method: "POST", body }));
  };
  expect((await say("channel=c&topic=t", { long: "x".repeat(20) })).status).toBe(200);
  expect((await say("channel=c", {})).status).toBe(400);
  expect(server.published().map(({ data }) => data)).toEqual(['{"long":"x']);
});

function never(): never {
  throw new Error("Nothing is said here.");
}

test("refuses a token that is forged, or older than a minute", async () => {
  const { server, inngest } = await start(true);
  const { key = "" } = await inngest.realtime.token({ channel: news, topics: ["words"] });
  const forged = `${key.slice(0, -2)}xx`;
  expect(() => server.subscribe(forged, never)).toThrow(
    expect.objectContaining({ code: "BAD_TOKEN" }),
  );
  server.subscribe(key, never)();
  await server.advance("1m");
  expect(() => server.subscribe(key, never)).toThrow(
    expect.objectContaining({ code: "BAD_TOKEN" }),
  );
  vi.stubGlobal("WebSocket", server.WebSocket);
  vi.spyOn(console, "error").mockReturnValue(undefined);
  const late = subscribe({ channel: "news", topics: ["words"], key, apiBaseUrl: server.baseUrl });
  await expect(late).rejects.toMatchObject({ type: "error" });
});

test("is heard over a network by another process's subscribe, which is cut when the server closes", async () => {
  const { server, inngest } = await start(true);
  const served = await serveTestInngest(server);
  const { key = "" } = await inngest.realtime.token({ channel: "news", topics: ["words"] });
  const heard: unknown[] = [];
  const about = { channel: "news", topics: ["words"], apiBaseUrl: served.url };
  const stream = await subscribe({ ...about, key }, ({ data }) => void heard.push(data));
  const texts = ["a", "é".repeat(100), "y".repeat(70_000)];
  for (const text of texts) await inngest.realtime.publish(news.words, { text });
  await expect.poll(() => heard).toEqual(texts.map((text) => ({ text })));
  await served.close();
  for await (const last of stream) expect(last).toBeDefined();
  vi.spyOn(console, "error").mockReturnValue(undefined);
  await expect(subscribe({ ...about, key })).rejects.toMatchObject({ type: "error" });
});
