import type { LinearizabilitySubject } from "@perdure/checkpoint-core/conformance";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { ownServer, passage } from "@perdure/engines";
import { tableOf } from "../drills/places.ts";

/** A server of its own behind a way that can be cut, whose faults are its own deaths too. */
export async function serverOfItsOwn(): Promise<
  LinearizabilitySubject & { readonly dispose: () => Promise<void> }
> {
  const server = await ownServer("dynamodb");
  const way = await passage(server.url);
  const options = tableOf(way.url);
  await using backend = dynamoBackend(options);
  await backend.setup("create");
  return {
    open: new URL("../drills/open.ts", import.meta.url),
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
