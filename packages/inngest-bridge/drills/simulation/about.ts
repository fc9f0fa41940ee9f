/** An event, as far as it says what it is about. */
export interface AnyEvent {
  readonly data: unknown;
  readonly id?: string | undefined;
}

interface Fields {
  readonly runId?: unknown;
  readonly tenant?: unknown;
  readonly event?: AnyEvent;
}

/** The run that an Inngest run is about, as far as its event says: our own, or that of an execution which has ended. */
export function runOf({ data, id }: AnyEvent): string | undefined {
  const { runId, event } = fieldsOf(data);
  if (typeof runId === "string") return runId;
  if (event !== undefined) return runOf(event);
  return id !== undefined && id.startsWith("e-") ? `run-${id}` : undefined;
}

/** Whose an event is; nobody's in a world without tenants, nor one that begins a round of upkeep. */
export function tenantOf({ data }: AnyEvent): string | undefined {
  const { tenant, event } = fieldsOf(data);
  if (typeof tenant === "string") return tenant;
  return event === undefined ? undefined : tenantOf(event);
}

/** What a call of the server is about: the kind of step that it goes on after, or whose end it tells of. */
export function siteOf(fnId: string, steps: readonly string[]): string {
  if (fnId.endsWith("-failure")) return "call failure";
  if (fnId.endsWith(":cancelled")) return "call cancelled";
  const last = (steps.at(-1) ?? "first").replace(/^ziro:agent:\w+:\w+:/, "");
  const [name = "first"] = last.split(":");
  return `call ${name.replace(/^tool-\w+?(-failed)?$/, "tool$1")}`;
}

function fieldsOf(data: unknown): Fields {
  return data ?? {};
}
