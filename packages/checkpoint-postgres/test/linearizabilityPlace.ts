import type { LinearizabilitySubject } from "@perdure/checkpoint-core/conformance";
import { postgresBackend } from "@perdure/checkpoint-postgres";
import { ownServer, passage } from "@perdure/engines";

/** A server of the run's own, behind a way that can be cut, whose faults are its own deaths too. */
export async function killedServer(): Promise<
  LinearizabilitySubject & { readonly dispose: () => Promise<void> }
> {
  const server = await ownServer("postgres");
  const way = await passage(server.url);
  const options = { url: way.url, schema: "linear", max: 4, connectMs: 2000 };
  await using backend = postgresBackend(options);
  await backend.setup("create");
  return {
    open: new URL("linearizabilityModule.ts", import.meta.url),
    given: JSON.stringify(options),
    faults: {
      "cut connections": () => way.cut(),
      "swallow answers": () => way.swallow(),
      async "kill the server"() {
        await server.kill();
        await server.start();
      },
    },
    async dispose() {
      await way[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
