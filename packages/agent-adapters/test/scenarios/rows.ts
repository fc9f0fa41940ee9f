import { inProcess } from "./elsewhere.ts";
import type { Framework } from "./framework.ts";
import { type Place, sqlite } from "./place.ts";
import { messagesIn, mishaps, play, type Playing, type Seen } from "./play.ts";

/** Something that happens to a run. What is seen then stands in the docs in the words that the test compares. */
export interface Row {
  readonly what: string;
  readonly run: (framework: Framework, place: Place) => Promise<string>;
  /** What is to be seen. */
  readonly sees: (framework: Framework) => string;
}

/** What a run needs that nothing happens to: numbers, in words. */
function needed({ needs }: Framework): string {
  return counts(needs.models, needs.effects.length, needs.messages);
}

function counts(models: number, effects: number, messages: number): string {
  return `${models} model calls, ${effects} effects, ${messages} messages`;
}

const undisturbed = new Map<Framework, Promise<Seen>>();

/** The run that nothing happens to. */
async function plain(framework: Framework): Promise<Seen> {
  const known = undisturbed.get(framework) ?? playPlain(framework);
  undisturbed.set(framework, known);
  return known;
}

async function playPlain(framework: Framework): Promise<Seen> {
  await using store = await sqlite.alone();
  return await play(framework, { stores: [store], checkpointing: true });
}

/** What was seen of a run in the same words; all of it where it is not what the run needs, or its conversation not that of a run that nothing happens to. */
async function told(framework: Framework, seen: Seen, about?: unknown): Promise<string> {
  const { needs } = framework;
  const { messages } = await plain(framework);
  const isWhole =
    seen.status === "completed" &&
    seen.response === needs.response &&
    JSON.stringify(seen.effects) === JSON.stringify(needs.effects.toSorted()) &&
    JSON.stringify(seen.messages) === JSON.stringify(messages);
  return isWhole
    ? counts(seen.models, seen.effects.length, seen.messages.length)
    : JSON.stringify({ about, ...seen });
}

/** The one thing that all have told; otherwise each of them. */
function all(said: ReadonlySet<string>): string {
  return [...said].join("<br>");
}

const both = [true, false] as const;
/** Each answer is lost in turn, with checkpointing on and off. */
const EACH = [1, 1] as const;
/** Of the requests of a run each which one something else happens to than that its answer is lost. */
const SAMPLE = 9;

/** One worker on storage of its own. */
function alone(place: Place, checkpointing: boolean): () => Promise<Playing & AsyncDisposable> {
  return async () => {
    const store = await place.alone();
    return {
      stores: [store],
      checkpointing,
      [Symbol.asyncDispose]: async () => store[Symbol.asyncDispose](),
    };
  };
}

/** Two workers, each with a store of its own over the same data. */
function together(place: Place, checkpointing: boolean): () => Promise<Playing & AsyncDisposable> {
  return async () => {
    const pair = await place.pair();
    return {
      stores: [pair.a, pair.b],
      checkpointing,
      [Symbol.asyncDispose]: async () => pair[Symbol.asyncDispose](),
    };
  };
}

const approvedElsewhere: Row = {
  what: "agreed to in another process, both without Inngest; a third process goes on again",
  async run(framework, place) {
    await using pair = await place.pair();
    const begun = await inProcess(framework, pair.url, "begin");
    const done = await inProcess(framework, pair.url, "agree");
    const again = await inProcess(framework, pair.url, "agree");
    const [models, effects] = [begun.models + done.models, [...begun.effects, ...done.effects]];
    const { status, response } = done;
    const messages = await messagesIn(framework, pair.a);
    const seen = { status, response, models, effects: effects.toSorted(), messages };
    const more = `${begun.status}, ${status}, ${again.status} (${again.models} model calls)`;
    return `${await told(framework, seen, [begun, done, again])}; ${more}`;
  },
  sees: (framework) => `${needed(framework)}; suspended, completed, ended (0 model calls)`,
};

const approvedTwice: Row = {
  what: "agreed to twice at once, then denied",
  async run(framework, place) {
    const said = new Set<string>();
    for (const checkpointing of both) {
      await using playing = await alone(place, checkpointing)();
      const counted: boolean[] = [];
      const seen = await play(framework, {
        ...playing,
        async agree(agent, approvalId) {
          const target = { threadId: "t", approvalId };
          const two = await Promise.all([
            agent.approve({ ...target, by: "dana" }),
            agent.approve({ ...target, by: "eve" }),
          ]);
          const denied = await agent.deny({ ...target, by: "mallory" });
          counted.push(...two.map((one) => one.counted), denied.counted);
        },
      });
      const times = counted.filter(Boolean).length;
      const one = times * 3 === counted.length ? "one decision counts" : `${times} decisions count`;
      said.add(`${await told(framework, seen)}; ${one}`);
    }
    return all(said);
  },
  sees: (framework) => `${needed(framework)}; one decision counts`,
};

/** The faults of one kind at each request, with the SDK's checkpointing on and off. */
async function faulty(
  framework: Framework,
  fault: "lose-response" | "lose-request",
  every: readonly [on: number, off: number],
  place: Place,
): Promise<string> {
  const said = new Set<string>();
  for (const [index, checkpointing] of both.entries())
    for await (const { seen, mishap } of mishaps(
      framework,
      fault,
      every[index] ?? 1,
      alone(place, checkpointing),
    ))
      said.add(await told(framework, seen, { checkpointing, mishap }));
  return all(said);
}

const lostAnswer: Row = {
  what: "the answer of any one request lost",
  run: async (framework, place) =>
    faulty(framework, "lose-response", framework.every ?? EACH, place),
  sees: needed,
};

const lostRequest: Row = {
  what: "a request that never arrives",
  async run(framework, place) {
    const [on, off] = framework.every ?? EACH;
    return faulty(framework, "lose-request", [on * SAMPLE, off * SAMPLE], place);
  },
  sees: needed,
};

const diesBetween: Row = {
  what: "the process dies between a tool and the model, another goes on",
  async run(framework, place) {
    const said = new Set<string>();
    for (let diesAt = 1; diesAt < framework.needs.models; diesAt += 1) {
      const checkpointing = diesAt % 2 === 1;
      await using playing = await together(place, checkpointing)();
      const seen = await play(framework, { ...playing, diesAt });
      said.add(await told(framework, seen, { diesAt, checkpointing }));
    }
    return all(said);
  },
  sees: needed,
};

const twoWorkers: Row = {
  what: "two workers, each request to either of them",
  async run(framework, place) {
    const said = new Set<string>();
    for (const [seed, checkpointing] of both.entries()) {
      await using playing = await together(place, checkpointing)();
      const server = { routing: "seeded", seed } as const;
      const seen = await play(framework, { ...playing, server });
      said.add(await told(framework, seen, { checkpointing }));
    }
    return all(said);
  },
  sees: needed,
};

const atOnce: Row = {
  what: "a request delivered to two workers at once",
  async run(framework, place) {
    const said = new Set<string>();
    for (const [index, checkpointing] of both.entries()) {
      const every = (framework.every?.[index] ?? 1) * SAMPLE;
      for await (const { seen, mishap } of mishaps(
        framework,
        "double",
        every,
        together(place, checkpointing),
      )) {
        // What is not stored yet may be done by both; what stands in the store is one's.
        const isDoubled = mishap !== undefined;
        const effects = isDoubled ? [...new Set(seen.effects)] : seen.effects;
        const models = isDoubled ? Math.min(seen.models, framework.needs.models) : seen.models;
        said.add(await told(framework, { ...seen, effects, models }, { checkpointing, mishap }));
      }
    }
    return `${all(said)}; what is in flight may be done by both, and one counts`;
  },
  sees: (framework) =>
    `${needed(framework)}; what is in flight may be done by both, and one counts`,
};

/** All rows. */
export const rows: readonly Row[] = [
  approvedElsewhere,
  approvedTwice,
  lostAnswer,
  lostRequest,
  diesBetween,
  twoWorkers,
  atOnce,
];
