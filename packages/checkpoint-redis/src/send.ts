import { StorageError } from "@perdure/checkpoint-core";
import type { RedisClient } from "./client.ts";
import { deadlinesAfter } from "./deadlines.ts";
import { storageError } from "./errors.ts";

/** One argument of a command. */
export type Argument = string | Buffer | number;

/** Sends commands by one client, which takes their arguments over. Each throws a typed error, `UNAVAILABLE` when no answer came in time. */
export interface Sender {
  /** Sends a command that changes nothing. After a lost connection ioredis may send it again, by itself, until the caller is told. */
  ask(command: string, args: Argument[]): Promise<unknown>;
  /** Sends a command that changes something, never a second time after a connection that may have carried it was lost: then it is `UNAVAILABLE`, and may have happened. */
  tell(command: string, args: Argument[]): Promise<Told>;
  /** Sends a command by the connection that carried another, and is `UNAVAILABLE` when that is gone. */
  follow(told: Told, command: string, args: Argument[]): Promise<unknown>;
}

/** An answer, and the connection that carried it. */
export interface Told {
  readonly answer: unknown;
  readonly socket: unknown;
  /** In a Cluster: the slot of the command's keys. */
  readonly slot: number | null;
}

/** The parts of ioredis' commands, of 5 and of 6, that are used here: its own scripts use the same place to choose between EVALSHA and EVAL. */
interface Command {
  args: unknown[];
  toWritable(socket: unknown): string | Buffer;
  getSlot(): number | null;
}

/** Where a command has been. */
interface Journey {
  /** Whether it may go by any connection however often, by the first that takes it, or by the one that is given. */
  readonly by: "any" | "first" | "given";
  /** The connection that it was written to, or that is given. */
  socket: unknown;
  slot: number | null;
  /** It may have happened, and nobody will hear of it. */
  lost: boolean;
  /** Its caller was told already. */
  over: boolean;
  command?: Command;
}

/** What goes over the wire in place of a command that must not go again. */
const PING = "*1\r\n$4\r\nPING\r\n";

/**
 * A sender over the client. ioredis sends commands whose connection was lost again on the next one (`autoResendUnfulfilledCommands`; in a Cluster `retryDelayOnFailover`): a write that had been
 * done would be done twice. So a command that changes something is watched at the moment when it is turned into bytes: once its first connection was lost, or its caller was told, a PING goes in its
 * place. A redirection in a Cluster is an answer on a living connection, and passes.
 */
export function senderOf(client: RedisClient, timeoutMs: number): Sender {
  let watched: Journey | undefined;
  const facade = Object.create(client, {
    options: { value: Object.create(client.options, { enableAutoPipelining: { value: false } }) },
    sendCommand: {
      value: (command: Command, ...rest: unknown[]) => {
        if (watched) watch(command, watched);
        return (client as unknown as CommandSender).sendCommand(command, ...rest);
      },
    },
  }) as RedisClient;
  /** `callBuffer` makes the command and hands it on before it returns. */
  const hand = (name: string, args: Argument[], own: Journey): Promise<unknown> => {
    watched = own;
    try {
      return facade.callBuffer(name, args);
    } finally {
      watched = undefined;
    }
  };
  const deadlines = deadlinesAfter(timeoutMs);
  const send = (name: string, args: Argument[], own: Journey): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        deadlines.clear(deadline);
        // Also where the client gave up by itself (`commandTimeout`): the command may stand in its queue yet, where its bytes are of no more use.
        own.over = true;
        if (own.command) own.command.args = [];
      };
      const fail = (error: unknown): void => {
        end();
        const isNowhere = own.by === "any" || !own.socket;
        reject(own.lost ? lost(name, error) : storageError(error, isNowhere && isEnded(client)));
      };
      const deadline = deadlines.set(() => fail(late(timeoutMs)));
      const answered = (answer: unknown): void => {
        if (own.lost) return fail(new Error("The connection was lost"));
        end();
        resolve(answer);
      };
      try {
        hand(name, args, own).then(answered, fail);
      } catch (error) {
        fail(error);
      }
    });
  return {
    ask: (name, args) => send(name, args, journey("any")),
    async tell(name, args) {
      const own = journey("first");
      const answer = await send(name, args, own);
      return { answer, socket: own.socket, slot: own.slot };
    },
    follow: ({ socket, slot }, name, args) => send(name, args, journey("given", socket, slot)),
  };
}

/** ioredis' own way for a command that is made already. */
interface CommandSender {
  sendCommand(command: Command, ...rest: unknown[]): unknown;
}

/** Looks at the command each time that it is about to be written to a connection. */
function watch(command: Command, own: Journey): void {
  const bytes = command.toWritable.bind(command);
  own.command = command;
  if (own.by === "given") command.getSlot = () => own.slot;
  else own.slot = command.getSlot();
  command.toWritable = (socket) => {
    if (own.over || own.lost || isShut(own, socket)) {
      own.lost = true;
      return PING;
    }
    own.socket = socket;
    return bytes(socket);
  };
}

function journey(by: Journey["by"], socket?: unknown, slot: number | null = null): Journey {
  return { by, socket, slot, lost: false, over: false };
}

/** Whether the command may not be written to this connection. */
function isShut(own: Journey, socket: unknown): boolean {
  if (own.by === "any") return false;
  return isGone(own.socket) || (own.by === "given" && socket !== own.socket);
}

function isGone(socket: unknown): boolean {
  const gone = (socket as { readonly destroyed?: unknown } | undefined)?.destroyed;
  return gone === true;
}

function isEnded({ status }: RedisClient): boolean {
  return status === "end";
}

function lost(name: string, cause: unknown): StorageError {
  return new StorageError(
    "UNAVAILABLE",
    `The connection to Redis was lost before the answer to ${name.toUpperCase()}: it may have happened.`,
    { cause },
  );
}

function late(ms: number): StorageError {
  return new StorageError("UNAVAILABLE", `Redis did not answer within ${ms} ms.`);
}
