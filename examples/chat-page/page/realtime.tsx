import { DefaultHttpTransport } from "@inngest/use-agent";
import { realtimeAgent } from "@perdure/agent-adapters/use-agent/client";
import { show } from "./show.tsx";

// What is said comes from Inngest Realtime; what was said before the page was loaded, from the routes.
show(realtimeAgent(new DefaultHttpTransport()));
