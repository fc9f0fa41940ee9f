import { setTimeout as pause } from "node:timers/promises";
import type { LinearizabilitySubject } from "@perdure/checkpoint-core/conformance";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { ownServer, passage } from "@perdure/engines";
import { tableOf } from "../drills/places.ts";

/** How long the server stands still, in milliseconds. */
const STILL_MS = 300;

/** A server of its own behind a way that can be cut, that stands still at times. */
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
      // Not killed: DynamoDB Local loses its last transaction then.
      async "let the server stand still"() {
        await server.freeze();
        await pause(STILL_MS);
        await server.thaw();
      },
    },
    async dispose() {
      await way[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
