import { ConnectionLostError } from "./errors.ts";
import type { Message } from "./faults.ts";
import { callingInstance, type Instance } from "./instance.ts";
import type { World } from "./world.ts";

/** A POST of an app, before its fault is known. `sender` is for apps in other processes. */
export type Post = Omit<Message, "index" | "instance"> & { readonly sender?: Instance | undefined };

/**
 * Does the work of an app's POST under the fault planned for it. Throws `ConnectionLostError` where it
 * says so, after the work for a lost response; an instance that the fault stops never gets an answer.
 */
export async function underFault(
  world: World,
  { sender, ...about }: Post,
  work: () => Response,
): Promise<Response> {
  const index = world.posts.get(about.kind) ?? 0;
  world.posts.set(about.kind, index + 1);
  const instance = callingInstance() ?? sender;
  const fault = world.faults({
    ...about,
    index,
    ...(instance === undefined ? {} : { instance: instance.name }),
  });
  if (fault === "lose-request") throw new ConnectionLostError("The request was lost.");
  if (fault === "stop-before") return silence(instance);
  const response = work();
  if (fault === "stop-during" || fault === "stop-after") return silence(instance);
  if (fault === "lose-response") throw new ConnectionLostError("The response was lost.");
  return response;
}

/** Stops the instance; its process would never see an answer. */
async function silence(instance: Instance | undefined): Promise<Response> {
  if (instance === undefined) throw new ConnectionLostError("The connection broke.");
  instance.stop();
  return new Promise<Response>(() => undefined);
}
