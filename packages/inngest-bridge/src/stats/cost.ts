import type { Price, TokenUsage } from "./contract.ts";

/** What model calls cost together, in US dollars; `null` as soon as one's is not known. */
export async function costOf(
  price: Price | undefined,
  calls: readonly { readonly model: string | undefined; readonly usage: TokenUsage | undefined }[],
): Promise<number | null> {
  if (!price || calls.length === 0) return null;
  let total = 0;
  for (const { model, usage } of calls) {
    if (model === undefined || !usage) return null;
    const cost = await price(model, usage);
    if (typeof cost !== "number" || !Number.isFinite(cost)) return null;
    total += cost;
  }
  return total;
}
