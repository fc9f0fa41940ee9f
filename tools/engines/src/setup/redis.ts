import { setupOf } from "../setup.ts";

/** Redis alone. */
export const setup: ReturnType<typeof setupOf> = setupOf("redis");
