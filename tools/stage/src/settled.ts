import { createTestInngest } from "@perdure/inngest-bridge/testing";
import type { Inngest, InngestFunction } from "inngest";

type Serve = (functions: InngestFunction.Any[]) => Promise<void>;

/** What comes of a program that a user would write, with an Inngest in this process that works by itself. Rejects as the program does. */
export async function settled<T>(
  program: (inngest: Inngest.Any, serve: Serve) => Promise<T>,
): Promise<T> {
  const server = createTestInngest({ clock: "real" });
  const client = server.client({ id: "app" });
  const done = await program(client, async (functions) => server.register({ client, functions }));
  await server.settle();
  return done;
}
