/** Seeds that have found a defect which nobody had planted, and has been mended since. */
export const kept: readonly { readonly seed: number; readonly found: string }[] = [];

/** The first seed that finds each planted defect. */
export const foundBy: Readonly<Record<string, number>> = {};
