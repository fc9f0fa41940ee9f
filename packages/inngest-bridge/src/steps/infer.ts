import type { Host } from "../host.ts";
import { isKept } from "./kept.ts";
import type { Usage } from "./meter.ts";

/** What of Inngest's `step` has its server ask a model. */
export interface InferringStep {
  readonly ai?: {
    infer(id: never, options: never): Promise<unknown>;
  };
}

/** An answer that is kept comes back whatever is asked: nothing has to be read for it. */
const KEPT = { model: { url: "", authKey: "", format: "openai-chat" }, body: {} };

/** Has Inngest's server ask models, each time a step that is counted. `prefix` gives the steps a space for themselves. */
export function inferIn(usage: Usage, { ai }: InferringStep, prefix = ""): Host["infer"] {
  if (!ai) return undefined;
  return async (own, load) => {
    const id = `${prefix}${own}`;
    const asked = isKept(id) ? KEPT : await load();
    return asked && usage.count(ai.infer({ id, name: "infer" } as never, asked as never));
  };
}
