import { loadDriver, type OpenedClient } from "./driver.ts";

/** Pauses between two tries to reach the server, in milliseconds: the first, which doubles with each, and the longest. Each is shortened by chance. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/** What a {@link Listener} needs. */
export interface ListenerOptions {
  /** Settings of its connection, which must lead to the server itself. */
  readonly settings: object;
  readonly channel: string;
  /** Called with each payload. */
  readonly heard: (payload: string) => void;
  /** Called when something may have been missed: once it listens, and with each try to listen again. */
  readonly missed: () => void;
  /** Whether anybody listens, so that a lost connection is opened again. */
  readonly wanted: () => boolean;
  /** Milliseconds until a server that does not answer `listen` is given up. */
  readonly answerMs?: number;
  readonly random?: () => number;
}

/** A connection that listens on a channel. A lost one is opened again; one that is idle keeps no process alive, and takes none down. */
export class Listener {
  readonly #options: ListenerOptions;
  #client: OpenedClient | undefined;
  #busy = false;
  #closed = false;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Begins to listen, if it does not yet. */
  open(): void {
    if (this.#busy || this.#closed) return;
    this.#busy = true;
    void this.#listen();
  }

  /** Ends the connection. Nobody waits for that: a server that does not answer would hold whoever does. */
  close(): void {
    this.#closed = true;
    if (this.#client) end(this.#client);
  }

  async #listen(): Promise<void> {
    let client: OpenedClient | undefined;
    const lost = (): void => {
      if (client) end(client);
      if (this.#client !== client || !this.#busy) return;
      this.#client = undefined;
      this.#later();
    };
    try {
      const { Client } = await loadDriver();
      client = this.#client = new Client(this.#options.settings);
      client.on("error", lost);
      client.on("end", lost);
      client.on("notification", ({ payload }) => this.#options.heard(payload ?? ""));
      const connected = client.connect();
      client.unref?.();
      await connected;
      // Under TLS it has another socket now.
      client.unref?.();
      const late = setTimeout(lost, this.#options.answerMs ?? 10_000).unref();
      await client.query(`listen "${this.#options.channel}"`);
      clearTimeout(late);
      this.#pauseMs = FIRST_PAUSE_MS;
      if (this.#closed) end(client);
      else this.#options.missed();
    } catch {
      lost();
    }
  }

  #later(): void {
    const { random = Math.random, wanted, missed } = this.#options;
    const again = (): void => {
      this.#busy = false;
      if (this.#closed || !wanted()) return;
      missed();
      this.open();
    };
    setTimeout(again, this.#pauseMs * (0.5 + random() / 2)).unref();
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

function end(client: OpenedClient): void {
  client.end().catch(() => undefined);
}
