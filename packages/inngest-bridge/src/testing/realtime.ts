import { Buffer } from "node:buffer";
import type { Json } from "./canonical.ts";
import { TestInngestError } from "./errors.ts";
import { underFault } from "./post.ts";
import { makeTicket, readTicket } from "./ticket.ts";
import { json, readBody, type Visit } from "./visit.ts";
import type { RealtimeMessage, Subscriber } from "./realtimeMessage.ts";
import type { World } from "./world.ts";

/**
 * `POST /v1/realtime/publish`: hands the body to those who are subscribed now. As on the server it is
 * cut after `limits.messageBytes`, and goes as text when it is no JSON; only the first topic counts.
 */
export async function publish({ world, request }: Visit): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const channel = searchParams.get("channel") ?? "";
  const topic = searchParams.get("topic") ?? "";
  const runId = searchParams.get("run_id") ?? "";
  const isStream = request.headers.get("content-type") === "text/stream";
  const bytes = Buffer.from(await request.arrayBuffer());
  if (channel === "" || topic === "") return json(400, { error: "channel and topic are required" });
  return underFault(world, { kind: "publish", steps: [topic], ...(runId && { runId }) }, () => {
    const about = { channel, topic, ...(runId === "" ? {} : { runId }), at: world.clock.now() };
    if (isStream) broadcastStream(world, about, bytes.toString());
    else broadcast(world, about, dataOf(bytes.subarray(0, world.limits.messageBytes).toString()));
    return new Response(null, { status: 200 });
  });
}

/** `POST /v1/realtime/token`: a ticket for the topics, good for a minute. */
export async function createToken({ world, request }: Visit): Promise<Response> {
  return json(201, { jwt: makeTicket(await readBody(request), world.random, world.clock.now()) });
}

/**
 * Lets somebody hear the topics of a ticket until the function that is returned is called. Throws
 * `BAD_TOKEN` for a ticket that is not ours, or is older than a minute.
 */
export function subscribe(world: World, ticket: string, hear: Subscriber["hear"]): () => void {
  const topics = readTicket(ticket, world.clock.now());
  if (topics === undefined) {
    throw new TestInngestError("BAD_TOKEN", "The realtime token is not this server's, or too old.");
  }
  const subscriber = { topics, hear };
  world.subscribers.add(subscriber);
  return () => void world.subscribers.delete(subscriber);
}

type About = Omit<RealtimeMessage, "data">;

function broadcast(world: World, about: About, data: Json): void {
  world.published.push({ ...about, data });
  tell(world, about, { kind: "data", data });
}

const chunkLength = 1024;

function broadcastStream(world: World, about: About, text: string): void {
  const id = world.random.ulid(about.at);
  world.published.push({ ...about, data: text });
  tell(world, about, { kind: "datastream-start", data: id });
  for (let from = 0; from < text.length; from += chunkLength) {
    tell(world, about, {
      kind: "chunk",
      stream_id: id,
      data: text.slice(from, from + chunkLength),
    });
  }
  tell(world, about, { kind: "datastream-end", data: id });
}

function tell(world: World, { channel, topic, runId, at }: About, said: object): void {
  const message = JSON.stringify({
    ...said,
    created_at: new Date(at).toISOString(),
    channel,
    topic,
    ...(runId === undefined ? {} : { run_id: runId }),
  });
  for (const { topics, hear } of world.subscribers) {
    if (topics.some((one) => one.channel === channel && one.name === topic)) hear(message);
  }
}

function dataOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
