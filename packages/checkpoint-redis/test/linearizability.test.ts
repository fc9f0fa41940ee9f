import { linearizabilityCases, runCase } from "@perdure/checkpoint-core/conformance";
import { linearizabilitySuite } from "@perdure/checkpoint-core/conformance/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { expect, test } from "vitest";
import { killedServer, withReplica } from "./linearizabilityPlaces.ts";

describeOn("redis", "clients in three processes", () => {
  linearizabilitySuite("redis, appendonly always, whose server is killed, connections cut", {
    create: () => killedServer({ appendonly: "yes", appendfsync: "always" }),
  });

  test("the kit notices reads from a replica", async () => {
    const [clients] = linearizabilityCases();
    const failure = clients && (await runCase(clients, withReplica));
    expect(failure?.message).toContain("no order of what happened gives these answers");
  });
});
