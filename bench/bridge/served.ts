import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Inngest, Middleware } from "inngest";
import { createServer } from "inngest/node";
import type { App, Functions } from "./app.ts";

const silent = { info() {}, warn() {}, error() {}, debug() {} };

/** The app behind HTTP on a real Inngest server, as in production: a run is over when its function has returned. */
export async function served(
  { url, id, checkpointing }: { url: string; id: string; checkpointing: boolean },
  functions: Functions,
): Promise<App & Disposable> {
  const ended = new Map<string, () => void>();
  class Ends extends Middleware.BaseMiddleware {
    readonly id = "ends";

    override onRunComplete({ ctx }: Middleware.OnRunCompleteArgs): void {
      const { threadId } = ctx.event.data as { readonly threadId?: string };
      ended.get(threadId ?? "")?.();
    }
  }
  const inngest = new Inngest({
    id,
    isDev: true,
    baseUrl: url,
    logger: silent,
    checkpointing,
    middleware: [Ends],
  });
  const event = `${id}/run.requested`;
  const server = createServer({ client: inngest, functions: functions(inngest, event) });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/api/inngest`, { method: "PUT" });
  if (!answer.ok) throw new Error(`The Inngest server did not take the app: ${answer.status}.`);
  return {
    async run(repetition) {
      const threadId = `t${repetition}`;
      const end = new Promise<void>((resolve) => ended.set(threadId, resolve));
      await inngest.send({ name: event, data: { threadId, prompt: "go" } });
      await end;
      ended.delete(threadId);
    },
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
