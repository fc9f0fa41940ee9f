import { createHmac, timingSafeEqual } from "node:crypto";
import { isObject, type Json, textOf } from "./canonical.ts";
import type { Random } from "./random.ts";

const goodForMs = 60_000;
/** Tickets open nothing but this process. */
const secret = "test";

/** A signed list of topics (JWT, HS256) with the time at which it ends. */
export function makeTicket(topics: Json, random: Random, now: number): string {
  const claims = { topics, jti: random.ulid(now), iat: now / 1000, exp: (now + goodForMs) / 1000 };
  const head = `${encoded({ alg: "HS256", typ: "JWT" })}.${encoded(claims)}`;
  return `${head}.${signature(head)}`;
}

/** The topics of a ticket; nothing for one that we have not signed, or whose time has ended. */
export function readTicket(
  ticket: string,
  now: number,
): readonly { readonly channel: string; readonly name: string }[] | undefined {
  const [head = "", body = "", signed = ""] = ticket.split(".");
  const [due, given] = [Buffer.from(signature(`${head}.${body}`)), Buffer.from(signed)];
  if (due.length !== given.length || !timingSafeEqual(due, given)) return undefined;
  const claims: unknown = JSON.parse(Buffer.from(body, "base64url").toString());
  if (!isObject(claims) || Number(claims["exp"]) * 1000 <= now) return undefined;
  const topics = Array.isArray(claims["topics"]) ? claims["topics"].filter(isObject) : [];
  return topics.map(({ channel, name }) => ({ channel: textOf(channel), name: textOf(name) }));
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function signature(text: string): string {
  return createHmac("sha256", secret).update(text).digest("base64url");
}
