import { connect, createServer, type Server, type Socket } from "node:net";
import type { Passage } from "./contract.ts";

/** One client, by this way. */
interface Crossing {
  readonly client: Socket;
  readonly server: Socket;
  /** Its next answer is lost. */
  doomed: boolean;
}

/** Opens a way to the server of a URL, on a port of its own; gone with this process. */
export async function passage(url: string): Promise<Passage> {
  const to = new URL(url);
  const crossings = new Set<Crossing>();
  let pause = 0;
  const gate = createServer({ noDelay: true }, (client) => {
    const server = connect({ host: to.hostname, port: Number(to.port), noDelay: true });
    const crossing: Crossing = { client, server, doomed: false };
    crossings.add(crossing);
    const over = (): void => {
      crossings.delete(crossing);
      client.destroy();
      server.destroy();
    };
    carry(client, server, () => 0, over);
    carry(
      server,
      client,
      () => pause,
      over,
      () => {
        if (crossing.doomed) reset(crossing);
        return !crossing.doomed;
      },
    );
  });
  const port = await listening(gate);
  const by = new URL(url);
  by.hostname = "127.0.0.1";
  by.port = `${port}`;
  return {
    url: by.href,
    cut() {
      for (const crossing of crossings) reset(crossing);
    },
    swallow() {
      for (const crossing of crossings) crossing.doomed = true;
    },
    delay(ms) {
      pause = ms;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => gate.close(resolve));
      for (const crossing of crossings) reset(crossing);
      await closed;
    },
  };
}

function reset({ client, server }: Crossing): void {
  client.resetAndDestroy();
  server.destroy();
}

/** Carries bytes from one side to the other, in order, each after its pause; stops reading while the other side is full. */
function carry(
  from: Socket,
  to: Socket,
  pause: () => number,
  over: () => void,
  passes: () => boolean = () => true,
): void {
  let last: Promise<void> = Promise.resolve();
  const after = (work: () => void): void => {
    const ms = pause();
    last = last
      .then(() => (ms > 0 ? new Promise<void>((resolve) => setTimeout(resolve, ms)) : undefined))
      .then(work);
  };
  from.on("data", (chunk) => {
    if (!passes()) return;
    const send = (): void => {
      if (to.destroyed || to.write(chunk)) return;
      from.pause();
      to.once("drain", () => from.resume());
    };
    after(send);
  });
  from.on("end", () => after(() => to.end()));
  from.on("error", over);
  from.on("close", () => after(over));
}

function listening(gate: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    gate.once("error", reject);
    gate.listen(0, "127.0.0.1", () => {
      const address = gate.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}
