import type { Asked, Handler, Identity, Settled } from "./contract.ts";
import { Refusal, refused } from "./refusal.ts";

/** A route's work, once it is known who asks. */
export type Work = (asked: Asked) => Promise<Response>;

/** A route that answers each request of its method from somebody, and refuses all others: 405, and 401. */
export function guarded(options: Settled, method: string, work: Work): Handler {
  return async (request) => {
    try {
      if (request.method !== method) throw new Refusal(405, `There is no ${request.method} here.`);
      const identity = await identityOf(options, request);
      const { user, tenant } = identity;
      const scope = tenant === undefined ? { user } : { user, tenant };
      const store = options.store.for(scope);
      return await work({ request, url: new URL(request.url), identity, scope, store, options });
    } catch (error) {
      const { response, isOurs } = refused(error);
      if (isOurs) options.onError?.(error, request);
      return response;
    }
  };
}

async function identityOf({ identify }: Settled, request: Request): Promise<Identity> {
  const identity: unknown = await identify(request);
  const { user, tenant } = (identity ?? {}) as Readonly<Record<string, unknown>>;
  const isTenant = tenant === undefined || (typeof tenant === "string" && tenant !== "");
  if (typeof user !== "string" || user === "" || !isTenant)
    throw new Refusal(401, "Sign in first.");
  return tenant === undefined ? { user } : { user, tenant };
}
