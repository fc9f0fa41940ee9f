import { createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Authentication is not needed; ready for a query, outside a transaction. */
const welcome = Buffer.from("R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I", "latin1");

/** The URL of what greets like Postgres and then says nothing more, also not that it has heard the end: as a server does that was frozen once the connection stood. */
export async function silentServer(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.once("data", () => socket.write(welcome)).resume();
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("It listens on a port.");
  return `postgres://u@127.0.0.1:${address.port}/d`;
}
