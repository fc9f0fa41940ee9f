import { DefaultHttpTransport } from "@inngest/use-agent";
import { liveAgent } from "@perdure/agent-adapters/use-agent/client";
import { show } from "./show.tsx";

// What is said comes from the routes, without a cloud.
show(liveAgent(new DefaultHttpTransport(), { pollMs: 1000 }));
