import { type IncomingMessage, createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { useAgentRoutes } from "@perdure/agent-adapters/use-agent";
import type { Store } from "@perdure/checkpoint-core";
import { createInngestAgent, type ModelFunction } from "@perdure/inngest-bridge";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { deskAgent } from "./agent.ts";
import { assets } from "./assets.ts";
import { answered, asked } from "./http.ts";

/** The page and its routes, on a port of this machine. */
export interface Site extends AsyncDisposable {
  readonly url: string;
  /** A session of somebody, as a login would make one: the value of the cookie `session`. */
  signIn(user: string): string;
}

/** Starts the site. Inngest is in this process, which is for tests and demos; with a real one, serve `agent.functions` to it. */
export async function startSite({
  store,
  model,
  port = 0,
}: {
  readonly store: Store;
  readonly model: ModelFunction;
  readonly port?: number;
}): Promise<Site> {
  const users = new Map<string, string>();
  const server = createTestInngest({ clock: "real" });
  const inngest = server.client({ id: "chat-page" });
  const agent = createInngestAgent({ inngest, agent: deskAgent(model), store });
  await server.register({ client: inngest, functions: agent.functions });
  const routes = useAgentRoutes({
    agent,
    store,
    identify(request) {
      const [, session = ""] =
        /(?:^|; )session=([\w-]+)/.exec(request.headers.get("cookie") ?? "") ?? [];
      const user = users.get(session);
      return user === undefined ? undefined : { user };
    },
    onError: (error) => process.emitWarning(error as Error),
  });
  const files = await assets();
  const http = createServer((request, response) => {
    const file = files.get(request.url ?? "");
    if (file) response.writeHead(200, { "content-type": file.type }).end(file.body);
    else void pass(routes.handle, request, response);
  });
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    signIn(user) {
      const session = crypto.randomUUID();
      users.set(session, user);
      return session;
    },
    async [Symbol.asyncDispose]() {
      await closed(http);
      server.close();
    },
  };
}

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
