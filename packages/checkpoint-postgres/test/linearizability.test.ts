import { linearizabilitySuite } from "@perdure/checkpoint-core/conformance/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { killedServer } from "./linearizabilityPlace.ts";

describeOn("postgres", "clients in three processes", () => {
  linearizabilitySuite("postgres, whose server is killed and whose connections are cut", {
    create: killedServer,
  });
});
