// oxlint-disable oxc/no-async-endpoint-handlers -- Express 5 hands what a handler rejects with to the error handler
import type { Store } from "@perdure/checkpoint-core";
import { createServe, type InngestAgent } from "@perdure/inngest-bridge";
import express, { type Express, type Request } from "express";
import type { Inngest } from "inngest";
import { serve } from "inngest/express";
import { answerErrors, Refused } from "./refusal.ts";
import { sendEvents } from "./sendEvents.ts";

/** Who asks. */
export interface Person {
  readonly user: string;
  /** May decide on what the agent asks, for every user. */
  readonly isStaff: boolean;
}

/** What the app is made with. */
export interface Parts {
  readonly inngest: Inngest.Any;
  readonly store: Store;
  readonly support: InngestAgent;
  /** Who asks, by your session; nobody where it does not say. */
  readonly identify: (request: Request) => Person | undefined;
}

/** The HTTP side: what customers and staff ask for, and the route that Inngest calls. Any number of processes may serve it. */
export function app(parts: Parts): Express {
  const { inngest, support } = parts;
  const web = express();
  // Inngest sends what a run has done so far, which may be more than Express takes by itself.
  web.use(express.json({ limit: "10mb" }));
  web.use("/api/inngest", createServe(serve)({ client: inngest, agents: [support] }));
  customers(web, parts);
  staff(web, parts);
  web.use(answerErrors);
  return web;
}

function personIn({ identify }: Parts, request: Request): Person {
  const found = identify(request);
  if (!found) throw new Refused(401, "Who are you?");
  return found;
}

/** What a customer may ask for: all of it in the customer's own scope. */
function customers(web: Express, parts: Parts): void {
  const { store, support } = parts;
  web.post("/threads/:threadId/messages", async (request, response) => {
    const { user } = personIn(parts, request);
    const { text, runId } = request.body as { readonly text: string; readonly runId?: string };
    const started = await support.start({
      threadId: request.params.threadId,
      prompt: text,
      scope: { user },
      data: { user },
      ...(runId && { runId }), // named by the client, a message that is sent again is the same one
    });
    response.status(202).json(started);
  });

  web.get("/threads/:threadId/messages", async (request, response) => {
    const { user } = personIn(parts, request);
    const { history } = store.for({ user });
    response.json(await history.read(request.params.threadId, { limit: 100 }));
  });

  web.get("/runs/:runId", async (request, response) => {
    const { user } = personIn(parts, request);
    const view = await support.status({ runId: request.params.runId, scope: { user } });
    if (!view) throw new Refused(404, "There is no such run.");
    const { run, pending } = view;
    response.json({ status: run.status, outcome: run.outcome, waitsFor: pending.length });
  });

  web.get("/runs/:runId/events", async (request, response) => {
    const { user } = personIn(parts, request);
    const offset = Number(request.get("last-event-id") ?? 0);
    const { runId } = request.params;
    await sendEvents(response, support, { runId, scope: { user }, offset });
  });

  web.post("/runs/:runId/cancel", async (request, response) => {
    const { user } = personIn(parts, request);
    const { runId } = request.params;
    await support.cancel({ runId, scope: { user }, reason: "The customer has cancelled." });
    response.status(204).end();
  });
}

/** What staff may ask for, on the threads of all customers. */
function staff(web: Express, parts: Parts): void {
  const { store, support } = parts;
  const staffIn = (request: Request): Person => {
    const found = personIn(parts, request);
    if (!found.isStaff) throw new Refused(403, "Only staff decides.");
    return found;
  };
  web.get("/approvals", async (request, response) => {
    staffIn(request);
    response.json(await store.approvals.pending({ limit: 50 }));
  });

  web.post("/threads/:threadId/approvals/:approvalId", async (request, response) => {
    const { user: by } = staffIn(request);
    const { threadId, approvalId } = request.params;
    const { approve, digest, reason } = request.body as {
      readonly approve: boolean;
      /** Of what the person was shown: for anything else the decision is refused. */
      readonly digest: string;
      readonly reason?: string;
    };
    const decision = { threadId, approvalId, digest, by };
    const { counted, approval } = approve
      ? await support.approve(decision)
      : await support.deny({ ...decision, ...(reason && { reason }) });
    response.json({ counted, status: approval.status, by: approval.by });
  });
}
