import type { Json } from "./canonical.ts";
import { TestInngestError } from "./errors.ts";
import type { World } from "./world.ts";

/** What the server's own API needs beside the state: things that a run can be told from outside. */
export interface Controls {
  cancel(runId: string): void;
  rerun(runId: string): string;
  /** Called when an app has registered its functions from a serve URL. */
  registered(appId: string, serveUrl: string): void;
  /** Called when a registration was refused. */
  refused(error: TestInngestError): void;
}

/** One request to the server's API. */
export interface Visit {
  readonly world: World;
  readonly controls: Controls;
  readonly request: Request;
  /** The part of the path that names a run or a key. */
  readonly id: string;
}

/** The body, or a refusal of what is no JSON. */
export async function readBody(request: Request): Promise<Json> {
  const text = await request.text();
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new TestInngestError("BAD_OPTION", "The body is not JSON.");
  }
}

export function json(status: number, body: Json): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json" },
  });
}

/** When an answer was made, as every list and every single thing says it. */
export function fetchedAt(world: World): { readonly [key: string]: Json } {
  return { fetched_at: new Date(world.clock.now()).toISOString() };
}
