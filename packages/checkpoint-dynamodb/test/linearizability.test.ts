import { linearizabilitySuite } from "@perdure/checkpoint-core/conformance/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { serverOfItsOwn } from "./linearizabilityPlace.ts";

describeOn("dynamodb", "clients in three processes", () => {
  linearizabilitySuite("dynamodb, whose server stands still and whose connections are cut", {
    create: serverOfItsOwn,
  });
});
