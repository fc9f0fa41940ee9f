import type { LinearizabilitySubject } from "@perdure/checkpoint-core/conformance";
import { linearizabilitySuite } from "@perdure/checkpoint-core/conformance/vitest";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { freshName, ownServer, passage } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { config } from "./tables.ts";

describeOn("dynamodb", "clients in three processes", () => {
  linearizabilitySuite("dynamodb, whose server is killed and whose connections are cut", {
    create: serverOfItsOwn,
  });
});

async function serverOfItsOwn(): Promise<
  LinearizabilitySubject & { readonly dispose: () => Promise<void> }
> {
  const server = await ownServer("dynamodb");
  const way = await passage(server.url);
  // Without the slash that a URL has behind its port.
  const options = { ...config, endpoint: new URL(way.url).origin, table: freshName() };
  await using backend = dynamoBackend(options);
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
