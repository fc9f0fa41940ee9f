import { type IncomingMessage, createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { useAgentRoutes } from "@perdure/agent-adapters/use-agent";
import { useAgentPublisher } from "@perdure/agent-adapters/use-agent/realtime";
import type { Store } from "@perdure/checkpoint-core";
import { createInngestAgent, type ModelFunction, serve } from "@perdure/inngest-bridge";
import { createTestInngest, serveTestInngest } from "@perdure/inngest-bridge/testing";
import { Inngest } from "inngest";
import { deskAgent } from "./agent.ts";
import { assets } from "./assets.ts";
import { answered, asked } from "./http.ts";

/** The page and its routes, on a port of this machine. */
export interface Site extends AsyncDisposable {
  readonly url: string;
  /** A session of somebody, as a login would make one: the value of the cookie `session`. */
  signIn(user: string): string;
}

/** Starts the site: with the Inngest at `inngestUrl`, a dev server; or with one in this process, for tests and demos. */
export async function startSite({
  store,
  model,
  port = 0,
  inngestUrl,
}: {
  readonly store: Store;
  readonly model: ModelFunction;
  readonly port?: number;
  readonly inngestUrl?: string;
}): Promise<Site> {
  const users = new Map<string, string>();
  const standIn =
    inngestUrl === undefined
      ? await serveTestInngest(createTestInngest({ clock: "real", routing: "last" }))
      : undefined;
  const baseUrl = inngestUrl ?? standIn?.url ?? "";
  const inngest = new Inngest({ id: "chat-page", isDev: true, baseUrl, logger: quiet });
  const publishers = [useAgentPublisher(inngest)];
  const agent = createInngestAgent({ inngest, agent: deskAgent(model), store, publishers });
  const functions = serve({ client: inngest, agents: [agent] });
  const routes = useAgentRoutes({
    agent,
    store,
    identify(request) {
      const [, session = ""] =
        /(?:^|; )session=([\w-]+)/.exec(request.headers.get("cookie") ?? "") ?? [];
      const user = users.get(session);
      return user === undefined ? undefined : { user };
    },
    realtime: inngest,
    onError: (error) => process.emitWarning(error as Error),
  });
  const files = await assets();
  const http = createServer((request, response) => {
    const file = files.get(request.url ?? "");
    if (file) response.writeHead(200, { "content-type": file.type }).end(file.body);
    else if (request.url?.startsWith("/api/inngest")) void pass(functions, request, response);
    else void pass(routes.handle, request, response);
  });
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  await fetch(`${url}/api/inngest`, { method: "PUT" });
  return {
    url,
    signIn(user) {
      const session = crypto.randomUUID();
      users.set(session, user);
      return session;
    },
    async [Symbol.asyncDispose]() {
      await closed(http);
      await standIn?.close();
    },
  };
}

const quiet = { info() {}, warn() {}, error() {}, debug() {} };

async function pass(
  handle: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    await answered(outgoing, await handle(asked(incoming, outgoing)));
  } catch {
    outgoing.destroy();
  }
}

async function closed(http: Server): Promise<void> {
  const done = new Promise((resolve) => http.close(resolve));
  http.closeAllConnections();
  await done;
}
