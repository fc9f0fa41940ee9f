import { digestOf, type Scope } from "@perdure/checkpoint-core";

/** AgentKit's topic. */
export const TOPIC = "agent_stream";

/** The name of the channel of all that is said on a user's threads. It tells nothing of the user. */
export function channelName({ user, tenant }: Scope): string {
  return `perdure/user/${digestOf([tenant ?? null, user ?? null]).slice(0, 40)}`;
}
