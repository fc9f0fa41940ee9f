/** The service of somebody else's that a scenario's functions have the server call. */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { listening, named } from "./proxy.ts";
import type { Proxy } from "./proxy.ts";
import type { Probe, Scenario } from "./scenario.ts";

/** Listens on a free loopback port; a scenario without a service has one that answers 404. */
export async function scenarioService(
  scenario: Scenario,
  probe: () => Probe | undefined,
): Promise<Proxy> {
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await read(incoming);
    const { method = "GET", url = "/" } = incoming;
    const headers = named(incoming.headers);
    const ears = probe();
    const told = ears && scenario.service?.({ method, path: url, headers, body }, ears);
    const { status, body: said } = told ?? { status: 404, body: "" };
    outgoing.writeHead(status, { "content-type": "application/json", "x-service": "own" });
    outgoing.end(said);
  };
  return listening(createServer((incoming, outgoing) => void answer(incoming, outgoing)));
}

async function read(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
