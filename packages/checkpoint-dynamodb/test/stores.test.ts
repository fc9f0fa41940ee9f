import { storeSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { newBackend } from "./tables.ts";

describeOn("dynamodb", "the kit", () => {
  storeSuite("stores on dynamodb", { create: () => newBackend() });
});
