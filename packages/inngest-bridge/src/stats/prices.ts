import { checkGiven } from "@perdure/checkpoint-core";
import type { Price, TokenUsage } from "./contract.ts";

/** `calcPrice` of `@pydantic/genai-prices`, as far as it is used. */
export type CalcPrice = (
  usage: Readonly<Record<string, number>>,
  modelId: string,
  options?: { readonly providerId?: string },
) => { readonly total_price: number } | null;

/**
 * Prices from `@pydantic/genai-prices`, a list of providers' prices that its makers keep up to date: `pricesFrom(calcPrice, { providerId: "openai" })`. Without a provider it is
 * found by the model's name. A model that is not in the list has no price.
 */
export function pricesFrom(
  calcPrice: CalcPrice,
  options: { readonly providerId?: string } = {},
): Price {
  checkGiven("pricesFrom", { calcPrice }, { calcPrice: "function" });
  return (model, usage) => calcPrice(fieldsOf(usage), model, options)?.total_price ?? null;
}

function fieldsOf({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  cacheWriteTokens,
}: TokenUsage): Readonly<Record<string, number>> {
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    ...(cachedInputTokens === undefined ? {} : { cache_read_tokens: cachedInputTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cache_write_tokens: cacheWriteTokens }),
  };
}
