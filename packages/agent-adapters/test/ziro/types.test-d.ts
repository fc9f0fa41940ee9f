import { createStore, memoryBackend, StoreCheckpointer } from "@perdure/checkpoint-core";
import { durableModel, type ZiroAgent, type ZiroModel } from "../../src/ziro/index.ts";
import type { Agent, AgentSnapshot, Checkpointer, LanguageModel } from "./shapes.ts";
import { createAgent } from "./standIn.ts";

// Ziro's agents take our checkpointers as their own type, and ours take theirs.
const checkpointer = new StoreCheckpointer(createStore({ backend: memoryBackend() }));
checkpointer satisfies Checkpointer;
declare const model: LanguageModel;
const agent = createAgent({ model: durableModel(model), checkpointer });
agent satisfies ZiroAgent;
model satisfies ZiroModel;
durableModel(model) satisfies LanguageModel;
declare const own: Agent;
own satisfies ZiroAgent;

// What Ziro would refuse is refused here: the types above are not so wide that anything fits.
declare const whole: Checkpointer;
declare const partial: Omit<Checkpointer, "delete">;
// @ts-expect-error -- without delete
partial satisfies Checkpointer;
// @ts-expect-error -- a put that gives no id
({ ...whole, put: async () => undefined }) satisfies Checkpointer;
// @ts-expect-error -- absence is null
({ ...whole, get: async () => undefined }) satisfies Checkpointer;
const meta = { id: "", threadId: "", createdAt: "", agentSnapshotVersion: 2, sizeBytes: 0 };
const list = async () => [meta];
// @ts-expect-error -- a date is no text
({ ...whole, list }) satisfies Checkpointer;
const put = async (_: string, { more }: AgentSnapshot & { more: string }) => more;
// @ts-expect-error -- a snapshot has no more than Ziro's
put satisfies (threadId: string, snapshot: AgentSnapshot) => Promise<string>;
// @ts-expect-error -- version 3 is not known
({ version: 3 }) satisfies Pick<AgentSnapshot, "version">;
({ version: 1 }) satisfies Pick<AgentSnapshot, "version">;
