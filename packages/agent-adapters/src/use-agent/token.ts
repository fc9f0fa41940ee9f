import { fieldsOf, SMALL_BODY } from "./body.ts";
import { channelName, TOPIC } from "./channel.ts";
import type { Asked } from "./contract.ts";
import { answer, Refusal } from "./refusal.ts";

const TOKEN: ReadonlySet<string> = new Set(["userId", "threadId", "channelKey"]);

/**
 * A token for the channel of who asks, whatever channel the request names; and where it is good for: the hook's client takes that from `app`, and would otherwise look for Inngest by variables of the
 * page's build.
 */
export async function token({ request, scope, options }: Asked): Promise<Response> {
  await fieldsOf(request, TOKEN, SMALL_BODY);
  if (!options.realtime) throw new Refusal(501, "There is no Inngest Realtime here.");
  const channel = channelName(scope);
  const topics = [TOPIC];
  const given = await options.realtime.realtime.token({ channel, topics });
  const apiBaseUrl = options.realtimeUrl ?? given.apiBaseUrl;
  const at = apiBaseUrl === undefined ? {} : { apiBaseUrl, app: { apiBaseUrl } };
  return answer({ channel, topics, key: given.key, ...at });
}
