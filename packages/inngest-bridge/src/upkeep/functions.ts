import type { Run } from "@perdure/checkpoint-core";
import type { InngestFunction } from "inngest";
import { crossedStep, type StepHost } from "../crossed.ts";
import { unlessDeleted } from "../deleted.ts";
import type { Bridge, FunctionContext } from "../inngest/bridge.ts";
import { crossed, functionOn } from "../inngest/creating.ts";
import { storeOf } from "../inngest/scope.ts";
import { perdureMiddleware } from "../steps/middleware.ts";
import { plainJson } from "../steps/output.ts";
import type { RunInput } from "../runInput.ts";
import { expireApproval } from "./deadlines.ts";
import { approvalDue, type ApprovalDue, followUpDue, type FollowUpDue } from "./events.ts";
import { upkeepContinued } from "./events.ts";
import { carryOut } from "./followUps.ts";
import { type Schedule, scheduleOf } from "./options.ts";
import { round, type Upkeep } from "./round.ts";
import { wakeOf } from "./wakes.ts";

const RETRIES = 3;

/** The functions of an agent that keep its runs from being forgotten. */
export function upkeepFunctions(bridge: Bridge): InngestFunction.Any[] {
  const due = dueFunction(bridge);
  if (bridge.upkeep === false) return [due];
  const { inngest, store, id, name } = bridge;
  const { cron, maintainMs } = scheduleOf(bridge.upkeep);
  const isOwn = (run: Run): boolean => isOf(bridge, run);
  return [due, roundFunction({ inngest, store, id, name, cron, maintainMs, isOwn })];
}

/** Another agent's run would be refused here: it has a cron of its own. One that works for a call of another run is worked on by the agent above. */
function isOf({ agent, resumeEvent }: Bridge, { input }: Run): boolean {
  const { agent: named, wakeBy, delegatedBy } = (input ?? {}) as Partial<RunInput>;
  return wakeBy === resumeEvent && (named === agent.name || delegatedBy !== undefined);
}

/** The cron that looks for what was forgotten. */
export function roundFunction({
  name,
  cron,
  ...upkeep
}: Upkeep & Pick<Schedule, "cron"> & { readonly name: string }): InngestFunction.Any {
  const { inngest, id } = upkeep;
  const goesOn = `event.data.id == ${JSON.stringify(id)}`;
  return functionOn(inngest)(
    {
      id: `${id}:upkeep`,
      name: `${name}: upkeep`,
      retries: RETRIES,
      triggers: [{ cron }, { event: upkeepContinued.name, if: goesOn }],
      middleware: [perdureMiddleware],
    },
    async (context) =>
      crossed(async () => {
        const { event } = context;
        const { cursor } = event.data;
        const isMore = event.name === upkeepContinued.name && typeof cursor === "string";
        return plainJson(await round(upkeep, hostIn(context), isMore ? cursor : undefined));
      }),
  );
}

/** The function that does what is due at a time: an approval expires, a follow-up starts. */
function dueFunction(bridge: Bridge): InngestFunction.Any {
  const { inngest, id, name, resumeEvent } = bridge;
  const isOurs = `event.data.due.resumeEvent == ${JSON.stringify(resumeEvent)}`;
  return functionOn(inngest)(
    {
      id: `${id}:due`,
      name: `${name}: due`,
      retries: RETRIES,
      triggers: [approvalDue, followUpDue].map((type) => ({ event: type.name, if: isOurs })),
      middleware: [perdureMiddleware],
    },
    async (context) =>
      crossed(async () => {
        const isFollowUp = context.event.name === followUpDue.name;
        return plainJson(await (isFollowUp ? followUp : expire)(bridge, context));
      }),
  );
}

async function followUp(bridge: Bridge, context: FunctionContext): Promise<object> {
  const { threadId, life, due } = context.event.data as FollowUpDue;
  const store = storeOf(bridge, context.event);
  const { followUpId } = due;
  return crossedStep(hostIn(context), { id: "follow-up" }, async () =>
    carryOut(bridge, store, { threadId, life, followUpId }),
  );
}

/** How often, and after which milliseconds, it is asked again where the store's clock is behind the server's: six minutes in all. Whoever is further behind is found by the upkeep. */
const EARLY_ROUNDS = 5;
const EARLY_MS = 1000;
const EARLY_FACTOR = 4;

async function expire(bridge: Bridge, context: FunctionContext): Promise<object> {
  const { threadId, life, due } = context.event.data as ApprovalDue;
  const store = storeOf(bridge, context.event);
  const host = hostIn(context);
  const { approvalId } = due;
  let early = EARLY_MS;
  for (let tries = 0; ; tries += 1) {
    const expiry = await crossedStep(host, { id: `expire:${tries}`, name: "expire" }, async () => {
      const found = await expireApproval(store, { threadId, life, approvalId });
      const run =
        found.status === "expired" ? await unlessDeleted(store.runs.get(found.runId)) : undefined;
      const wake = run && wakeOf(run, `perdure:expired:${host.execution}`);
      if (wake) await bridge.inngest.send(wake);
      return found;
    });
    if (expiry.status !== "early" || tries === EARLY_ROUNDS) return expiry;
    await host.tools.sleep(`early:${tries}`, early);
    early *= EARLY_FACTOR;
  }
}

function hostIn({ step, runId, attempt, maxAttempts }: FunctionContext): StepHost {
  return {
    tools: {
      run: async (at, work) => step.run(at, work),
      sleep: async (id, ms) => step.sleep(id, ms),
    },
    execution: runId,
    attempt,
    maxAttempts,
  };
}
