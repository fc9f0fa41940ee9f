import { randomBytes } from "node:crypto";

/** A chat message whose JSON is 1,024 bytes long, different from every other. */
export interface Message {
  readonly role: "user";
  readonly content: string;
}

const MESSAGE_BYTES = 1024;
const AROUND = JSON.stringify({ role: "user", content: "" }).length;

export function newMessage(): Message {
  const length = MESSAGE_BYTES - AROUND;
  const content = randomBytes(length).toString("base64url").slice(0, length);
  return { role: "user", content };
}
