import { setupOf } from "../setup.ts";

/** Postgres alone. */
export const setup: ReturnType<typeof setupOf> = setupOf("postgres");
