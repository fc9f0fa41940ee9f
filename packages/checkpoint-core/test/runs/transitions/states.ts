import { type Lease, type Store } from "../../../src/index.ts";
import { answers, asks, begun, call, failed, leaseOf, REFUND, suspended } from "../desk.ts";

/** What a row goes on with. */
export interface Given {
  readonly lease?: Lease;
  readonly seen?: number;
  readonly retry?: number;
  readonly approvalId?: string;
}

/** Other stores on the same storage: hosts whose clocks are an hour ahead. */
export const AHEAD = 3_600_000;

/** The thread is there, and nobody has it. */
export async function none(store: Store): Promise<Given> {
  await store.threads.create("t");
  return {};
}

/** Another run has the thread. */
export async function taken(store: Store): Promise<Given> {
  await begun(store, "x", "X");
  return {};
}

/** `r` works, with an answer that asks for two calls. */
export async function running(store: Store): Promise<Given> {
  const lease = await begun(store);
  await store.commit("t", answers(1, "", [call("c1"), call("c2")]), { operationId: "m1", lease });
  return { lease };
}

/** `r` works, and another run waits. */
export async function withQueue(store: Store): Promise<Given> {
  const given = await running(store);
  await store.runs.begin("t", asks("next", "N"));
  return given;
}

/** A challenger has looked at `r`. */
export async function busy(store: Store): Promise<Given> {
  const given = await running(store);
  const answer = await store.runs.begin("t", asks("r", "F", { operationId: "look" }));
  return answer.status === "busy" ? { ...given, seen: answer.seen } : given;
}

/** `r` has shown that it lives since. */
export async function moved(store: Store): Promise<Given> {
  const given = await busy(store);
  if (given.lease) await store.runs.pulse(given.lease, { ms: 1000 });
  return given;
}

/** The thread is kept for `r`, which nobody works on. */
export async function reserved(store: Store): Promise<Given> {
  await store.runs.start("t", { runId: "r", message: { id: "m", value: "hello" } });
  return {};
}

/** `r` waits behind another run. */
export async function queued(store: Store): Promise<Given> {
  await begun(store, "x", "X");
  await store.runs.begin("t", asks("r", "E1"));
  return {};
}

/** `r` is suspended on two approvals, of which these are decided. */
export function waiting(decided: readonly string[] = [], resumeWhen?: "any") {
  return async (store: Store): Promise<Given> => {
    const lease = await begun(store);
    await suspended(store, lease, resumeWhen);
    const [first] = await store.approvals.pending("t");
    for (const callId of decided)
      await store.approvals.decide("t", { runId: "r", callId }, { kind: "approve" });
    return { lease, ...(first ? { approvalId: first.id } : {}) };
  };
}

/** `r` has failed. */
export async function dead(store: Store): Promise<Given> {
  return { retry: await failed(store, await begun(store)) };
}

/** `r` has failed, and another run has the thread. */
export async function deadAndTaken(store: Store): Promise<Given> {
  const given = await dead(store);
  await begun(store, "x", "X");
  return given;
}

/** `r` was cancelled while it waited. */
export async function final(store: Store): Promise<Given> {
  const given = await waiting()(store);
  await store.runs.cancel("r");
  return given;
}

/** A call of `r` was decided before it was asked about. */
export async function early(store: Store): Promise<Given> {
  const given = await running(store);
  await store.approvals.decide("t", { runId: "r", callId: "c1" }, { kind: "deny" });
  return given;
}

/** `r` waits for somebody for an hour at most. */
export async function due(store: Store): Promise<Given> {
  const { lease } = await running(store);
  const settle = {
    status: "suspended",
    turn: 1,
    approvals: [{ ...REFUND, expiresInMs: AHEAD }],
  } as const;
  if (lease) await store.commit("t", { settle }, { operationId: "s", lease });
  const [one] = await store.approvals.pending("t");
  return one ? { approvalId: one.id } : {};
}

/** Another execution has taken `r` over. */
export async function overtaken(store: Store): Promise<Given> {
  const given = await busy(store);
  leaseOf(await store.runs.begin("t", asks("r", "F", { seen: given.seen ?? 0 })));
  return given;
}

/** What an effect of `r` is called. */
export const EFFECT = "refund";

/** `r` works, and its holder has begun an effect and never said what came of it. */
export async function atEffect(store: Store): Promise<Given> {
  const given = await running(store);
  await new Promise<void>((resolve) => {
    const work = (): Promise<never> => {
      resolve();
      return new Promise(() => undefined);
    };
    void store.effects.once("t", EFFECT, work, given.lease ? { lease: given.lease } : {});
  });
  return given;
}

/** `r` works, and has done an effect. */
export async function effectDone(store: Store): Promise<Given> {
  const given = await running(store);
  await store.effects.once("t", EFFECT, () => "paid", given.lease ? { lease: given.lease } : {});
  return given;
}

/** The holder that began an effect was taken over: nobody knows what became of it. */
export async function effectUnknown(store: Store): Promise<Given> {
  await atEffect(store);
  const look = await store.runs.begin("t", asks("r", "F", { operationId: "look" }));
  const seen = look.status === "busy" ? look.seen : 0;
  return { lease: leaseOf(await store.runs.begin("t", asks("r", "F", { seen }))) };
}

/** `r` goes on with one of its two approvals decided; the other still waits. */
export async function carried(store: Store): Promise<Given> {
  await waiting(["c1"], "any")(store);
  return { lease: leaseOf(await store.runs.claim("t", asks("r", "E2"))) };
}

/** `r` is done. */
export async function completed(store: Store): Promise<Given> {
  const { lease } = await running(store);
  const settle = { status: "completed", output: 1 } as const;
  if (lease) await store.commit("t", { settle }, { operationId: "s", lease });
  return {};
}

/** Another run took the thread of `r`, which waited for a person. */
export async function superseded(store: Store): Promise<Given> {
  const given = await waiting()(store);
  await store.runs.begin("t", asks("x", "X", { whenBusy: "cancel" }));
  return given;
}
