import { storeSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { sharedBackends } from "../database.ts";

describeOn("postgres", "stores on Postgres", () => {
  storeSuite("stores on postgres", { create: sharedBackends() });
});
