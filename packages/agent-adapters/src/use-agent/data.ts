import type { Asked } from "./contract.ts";

/** What the events of an agent carry of who asks, where the routes' options say so. */
export function dataOf({ options, identity }: Pick<Asked, "options" | "identity">): {
  readonly data?: Readonly<Record<string, unknown>>;
} {
  return options.data ? { data: options.data(identity) } : {};
}
