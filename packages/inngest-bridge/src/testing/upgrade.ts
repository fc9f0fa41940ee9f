import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Turns a request into a WebSocket (RFC 6455) that only speaks: `open` gets a function that sends a
 * text, and returns what is to be done when the other side has gone. Where `open` throws, it answers 401.
 */
export function acceptSocket(
  request: IncomingMessage,
  socket: Duplex,
  open: (say: (text: string) => void) => () => void,
): void {
  let leave: () => void;
  try {
    leave = open((text) => void socket.write(frame(textFrame, Buffer.from(text))));
  } catch {
    socket.end("HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    return;
  }
  const key = request.headers["sec-websocket-key"] ?? "";
  const accept = createHash("sha1").update(`${key}${magic}`).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
  );
  socket.on("data", (heard: Buffer) => answerControl(socket, heard));
  socket.on("error", () => undefined);
  socket.on("close", leave);
}

/** Each of these has gone: told that nothing comes any more, as the protocol has it; one that has not left a second later is cut off. */
export async function closeSockets(sockets: Iterable<Duplex>): Promise<void> {
  const open = [...sockets];
  const cutting = setTimeout(() => {
    for (const socket of open) socket.destroy();
  }, LEAVE_MS);
  await Promise.all(open.map(async (socket) => left(socket)));
  clearTimeout(cutting);
}

function left(socket: Duplex): Promise<void> {
  const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  if (!socket.writableEnded) socket.end(frame(closeFrame, Buffer.alloc(0)));
  return socket.closed ? Promise.resolve() : gone;
}

/** Long enough for a listener in another process to answer a close. */
const LEAVE_MS = 1000;
const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const textFrame = 1;
const closeFrame = 8;
const pingFrame = 9;
const pongFrame = 10;

/** A close is answered with one, a ping with a pong; what else a client says is not for us. */
function answerControl(socket: Duplex, heard: Buffer): void {
  const code = (heard[0] ?? 0) & 0x0f;
  if (code === closeFrame) socket.end(frame(closeFrame, payloadOf(heard)));
  if (code === pingFrame) socket.write(frame(pongFrame, payloadOf(heard)));
}

/** The payload of a control frame, which is short and masked. */
function payloadOf(heard: Buffer): Buffer {
  const length = (heard[1] ?? 0) & 0x7f;
  const mask = heard.subarray(2, 6);
  return Buffer.from(heard.subarray(6, 6 + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
}

function frame(code: number, payload: Buffer): Buffer {
  const { length } = payload;
  const start = 0x80 | code;
  if (length < 126) return Buffer.concat([Buffer.from([start, length]), payload]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = start;
  head[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}
