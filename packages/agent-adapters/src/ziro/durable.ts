import { checkGiven, digestOf } from "@perdure/checkpoint-core";
import { durably } from "@perdure/inngest-bridge/agent";
import type { ZiroAnswer, ZiroModel } from "./contract.ts";
import { memberOf } from "./model.ts";
import { isAsked, tellModel } from "./throughAgent.ts";

/** How a model's calls become steps. */
export interface DurableModelOptions {
  /** What the steps' names begin with; `model` when not given. */
  readonly name?: string;
}

interface CallOptions {
  readonly messages: readonly unknown[];
}

/**
 * A model for `createAgent({ model: durableModel(model) })`. Where a run works on the agent, its names are known: Ziro counts dollars by them. In an unmodified `agent.run` each of its calls is a
 * step of the Inngest function around it, named by the model and its messages; outside of any it is the model. Everything else about it is the model's own; what it answers comes without `rawResponse`.
 */
export function durableModel<Model extends ZiroModel>(
  model: Model,
  { name = "model" }: DurableModelOptions = {},
): Model {
  checkGiven("durableModel", { model }, { model: "object" });
  const said = async (options: CallOptions): Promise<ZiroAnswer> => {
    const { text, content, toolCalls, finishReason, usage } = await model.generate(
      options as never,
    );
    return { text, content, toolCalls, finishReason, usage };
  };
  const generate = async (options: CallOptions): Promise<ZiroAnswer> => {
    tellModel(model);
    if (isAsked()) return said(options);
    const asked = [model.provider, model.modelId, options.messages];
    const named = `${name}:${digestOf(asked).slice(0, 32)}`;
    return durably({ name: named, shown: "think" }, async () => said(options));
  };
  return new Proxy(model, {
    get: (target, key) => (key === "generate" ? generate : memberOf(target, key)),
  });
}
