import type { Price } from "@perdure/inngest-bridge/agent";

/** A price that fails leaves the cost unknown: an answer is not asked for again because of its price. */
export function carefully(price: Price | undefined): Price | undefined {
  if (!price) return undefined;
  return async (model, usage) => {
    try {
      return await price(model, usage);
    } catch {
      return null;
    }
  };
}
