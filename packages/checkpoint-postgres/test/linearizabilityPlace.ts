import type { LinearizabilitySubject } from "@perdure/checkpoint-core/conformance";
import { postgresBackend } from "@perdure/checkpoint-postgres";
import { faultsOf, standOn } from "@perdure/drills";
import { ownServer } from "@perdure/engines";

/** A server of the run's own, behind a way that can be cut, whose faults are its own deaths too. */
export async function killedServer(): Promise<
  LinearizabilitySubject & { readonly dispose: () => Promise<void> }
> {
  const stand = await standOn(await ownServer("postgres"));
  const options = { url: stand.way.url, schema: "linear", max: 4, connectMs: 2000 };
  await using backend = postgresBackend(options);
  await backend.setup("create");
  return {
    open: new URL("linearizabilityModule.ts", import.meta.url),
    given: JSON.stringify(options),
    faults: faultsOf(stand),
    dispose: async () => stand[Symbol.asyncDispose](),
  };
}
