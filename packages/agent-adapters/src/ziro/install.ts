import { StorageError } from "@perdure/checkpoint-core";

/** From now on the object has this member in the place of its own. Throws `INVALID_ARGUMENT` for one that is frozen. */
export function install(
  what: string,
  target: object,
  key: string,
  member: Pick<PropertyDescriptor, "value" | "get">,
): void {
  const own = { configurable: true, enumerable: true, ...member };
  if (Reflect.defineProperty(target, key, "get" in own ? own : { ...own, writable: true })) return;
  throw new StorageError(
    "INVALID_ARGUMENT",
    `${what} is frozen: what it does in a run could not be kept.`,
  );
}
