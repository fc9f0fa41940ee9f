import { type OwnServer, type Passage, passage } from "@perdure/engines";

/** A server of the drills' own, and a way to it that can be cut. Both are gone when it is disposed of. */
export interface Stand extends AsyncDisposable {
  readonly server: OwnServer;
  readonly way: Passage;
}

/** What may happen to a stand while racing clients write, by name, as the kit of linearizability takes it. */
export function faultsOf({
  server,
  way,
}: Stand): Readonly<Record<string, () => void | Promise<void>>> {
  return {
    "cut connections": () => way.cut(),
    "swallow answers": () => way.swallow(),
    async "kill the server"() {
      await server.kill();
      await server.start();
    },
  };
}

/** Opens a way to a server, which is the stand's from then on. */
export async function standOn(started: OwnServer): Promise<Stand> {
  await using both = new AsyncDisposableStack();
  const server = both.use(started);
  const way = both.use(await passage(server.url));
  const owned = both.move();
  return { server, way, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
