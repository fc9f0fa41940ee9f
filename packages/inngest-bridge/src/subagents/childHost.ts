import type { AgentContext } from "../agent.ts";
import type { Host } from "../host.ts";
import { metered } from "../steps/meter.ts";
import { inngestIn, toolsIn } from "../steps/space.ts";
import type { ChildName } from "./names.ts";
import { publisherAbove } from "./publisher.ts";

/** The place where an agent works for one of several calls of a run: in that run's execution, with a space of steps and a part of its limits for itself, and heard in its stream. While it works, both runs are held. */
export function childHost(
  { host, store, lease, requestContext }: AgentContext,
  { runId }: ChildName,
  { space, agent, of }: { readonly space: string; readonly agent: string; readonly of: number },
): Host {
  const mark = { name: agent, runId, parentRunId: lease.runId };
  return {
    ...host,
    ...stepsIn(`${space}/`, host, of),
    infer: host.infer && (async (id, load) => host.infer?.(`${space}/${id}`, load)),
    // Its own run goes on when the one above it does.
    wake: async (next) => (next.runId === runId ? undefined : host.wake(next)),
    publisher: host.publisher && publisherAbove(host.publisher, store, lease, mark),
    requestContext: () => requestContext,
    callbacks: undefined,
    above: [lease, ...(host.above ?? [])],
  };
}

function stepsIn(
  prefix: string,
  host: Host,
  of: number,
): Pick<Host, "tools" | "inngest" | "meter"> {
  const tools = toolsIn(prefix, host.tools);
  const inngest = host.inngest && inngestIn(prefix, host.inngest);
  if (!host.meter || !inngest) return { tools, inngest, meter: undefined };
  const { usage, meter } = host.meter.part(of);
  return { ...metered(usage, { ...tools, ...inngest }), meter };
}
