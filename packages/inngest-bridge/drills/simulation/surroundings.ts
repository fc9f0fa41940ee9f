import { EffectNotDoneError, type Message } from "@perdure/checkpoint-core";
import { NonRetriableError } from "inngest";
import type {
  AgentTool,
  ModelRequest,
  ModelResponse,
  ModelStream,
  ToolContext,
} from "../../src/index.ts";
import { callBehind, ofTenant, ownCallId, turnIn } from "./above.ts";
import { checkRoom, LOOK_USAGE, USAGE } from "./budgets.ts";
import type { Defect } from "./defect.ts";
import { ownerOf } from "./doors.ts";
import type { Faults } from "./faults.ts";
import type { FaultKind } from "./kinds.ts";
import type { House } from "./house.ts";
import type { ToolName } from "./leanings.ts";
import type { Said } from "./happened.ts";
import type { CallScript, Script, TurnScript } from "./script.ts";
import { actor, type Stage } from "./stage.ts";

/** The model and the tools of one process: the world that its work reaches. */
export interface Surroundings {
  readonly stage: Stage;
  readonly faults: Faults;
  readonly script: Script;
  /** The part of the world that the running code works for. */
  readonly house: () => House;
  readonly defect: Defect | undefined;
  /** Ends the process that runs the code. */
  readonly kill: () => void;
}

/** A model that says what the script of the run wants, each time with call ids and words of their own. */
export function scriptedModel(
  around: Surroundings,
): (asked: ModelRequest) => Promise<ModelResponse> {
  const { stage } = around;
  return async ({ runId, turn, messages, stream }) => {
    const house = around.house();
    const { ledger, script, tenant } = house;
    const { thrown } = ledger;
    ledger.doing(`turn ${turn} of ${runId}`, answerKeyOf(runId, turn));
    checkRoom(ledger, script, { runId, turn });
    for (const problem of misshapen(messages)) ledger.problem(`the model of ${runId}: ${problem}`);
    const wanted = turnsOf(house, runId)[turn - 1];
    if (stream) await hesitate(around, stream);
    await work(around, `model ${runId} ${turn}`, () => {
      const place = `${runId} ${turn}`;
      const before = thrown.get(place) ?? 0;
      if (before < (wanted?.throws ?? 0)) {
        thrown.set(place, before + 1);
        throw new Error("The model is not there.");
      }
    });
    const mark = `${turn}x${ledger.said.length}`;
    ledger.said.push({ runId, turn, mark });
    stage.note(`said ${runId} ${mark}`);
    const said =
      wanted === undefined
        ? { text: ofTenant(tenant, `bye ${mark}`) }
        : answerOf(house, wanted, { runId, mark });
    if (stream) await speak(around, stream, said);
    return { ...said, usage: USAGE, model: "m" };
  };
}

/** Call ids are the same in each house, words are not. */
function answerOf(
  { tenant }: House,
  { calls }: TurnScript,
  { runId, mark }: Pick<Said, "runId" | "mark">,
): ModelResponse {
  return {
    text: ofTenant(tenant, `say ${mark}`),
    toolCalls: calls.map(({ tool: name }, place) => ({
      id: `${name}-${mark}-${place}`,
      name,
      input: { run: runId, place, prompt: ofTenant(tenant, `${name}-${mark}-${place}`) },
    })),
  };
}

/** Longer than the pieces of an answer wait for each other. */
const PIECE_MS = 50;

/** Some models say something and then think better of it. */
async function hesitate({ stage }: Surroundings, stream: ModelStream): Promise<void> {
  if (stage.random.next() > 0.3) return;
  stream.text("say");
  await stage.pass("a piece is said", PIECE_MS);
}

/** Says an answer in pieces, of which watchers see some early. */
async function speak(
  { stage }: Surroundings,
  stream: ModelStream,
  { text, toolCalls = [] }: ModelResponse,
): Promise<void> {
  const cut = stage.random.below(text.length);
  stream.text(text.slice(0, cut));
  await stage.pass("a piece is said", stage.random.below(2) * PIECE_MS);
  stream.text(text.slice(cut));
  for (const { id, name, input } of toolCalls) {
    const written = JSON.stringify(input);
    const half = stage.random.below(written.length);
    stream.toolCall({ id, name }, written.slice(0, half));
    if (stage.random.next() < 0.3) await stage.pass("a piece is said", PIECE_MS);
    stream.toolCall({ id, name }, written.slice(half));
  }
}

/** What a house is like, and what has been said in it. */
type Scripted = Pick<House, "script" | "ledger">;

/** The turns that a run is to have; those of one below another, or started by it, stand with the call that it was made for. */
function turnsOf(scripted: Scripted, runId: string): readonly TurnScript[] {
  const { delegations, runs } = scripted.ledger;
  const stored = runs.get(runId);
  const callId = delegations.get(runId)?.callId ?? (stored && callBehind(stored));
  if (callId !== undefined) return callIn(scripted, callId)?.below ?? [];
  return scripted.script.runs.find((run) => run.runId === runId)?.turns ?? [];
}

/** What a call's id says of it: the turn, which answer of the model it is in, and its place there. */
export function callIn(scripted: Scripted, callId: string): CallScript | undefined {
  const [, turn, count, place] = /-(\d+)x(\d+)-(\d+)$/.exec(ownCallId(callId)) ?? [];
  const said = scripted.ledger.said.find(({ mark }) => mark === `${turn}x${count}`);
  return said && turnsOf(scripted, said.runId)[said.turn - 1]?.calls[Number(place)];
}

function answerKeyOf(runId: string, turn: number): string {
  return `answer/${runId}/${String(turn).padStart(16, "0")}`;
}

export function resultKeyOf(runId: string, callId: string): string {
  return `result/${runId}/${String(turnIn(callId)).padStart(16, "0")}/${callId}`;
}

/** The tools. `renamed` is the deploy in which `refund` has another name. */
export function worldTools(
  around: Surroundings,
  renamed: boolean,
): Readonly<Record<string, AgentTool>> {
  return {
    look: toolOf(around, "look"),
    pay: { ...toolOf(around, "pay"), effect: "once" },
    book: bookingTool(around),
    [renamed ? "repay" : "refund"]: { ...toolOf(around, "refund"), requiresApproval: true },
  };
}

function toolOf(around: Surroundings, name: ToolName): AgentTool {
  const { stage, script, defect } = around;
  return {
    description: `Does a ${name}.`,
    parameters: { type: "object" },
    async execute(input: unknown, given: ToolContext) {
      const house = around.house();
      const { ledger, tenant } = house;
      checkGiven(house, given);
      const { runId, callId, idempotencyKey: key } = defect?.call?.(given) ?? given;
      ledger.doing(`the call ${callId} of ${runId}`, resultKeyOf(runId, callId));
      const isStored = ledger.landed.has(answerKeyOf(runId, turnIn(callId)));
      // What is in flight when its thread is deleted still happens.
      if (!isStored && !ledger.buried.has(runId))
        ledger.problem(`${callId} of ${runId} runs on an answer that is not stored`);
      const mark = ofTenant(tenant, `${ledger.effects.length}`);
      if (script.streams) given.stream("on my way");
      await work(around, `tool ${callId}`, () => {
        const times = callIn(house, callId)?.throws ?? 0;
        failAsWanted(ledger.thrown, `${runId} ${callId}`, times);
        ledger.effects.push({ runId, callId, tool: name, key, input, mark });
        stage.note(`did ${runId} ${callId}`);
      });
      if (name === "look") await given.spent({ usage: LOOK_USAGE, model: "m" });
      return { mark };
    },
  };
}

/** What a tool has at hand is of the tenant whose run it is. */
function checkGiven(house: House, { store, context, runId }: ToolContext): void {
  const { ledger, tenant } = house;
  const isHandedOn = ownerOf(house, runId) !== "hand";
  if (store.scope.tenant !== tenant || (isHandedOn && context !== tenant))
    ledger.problem(`a tool of ${runId} has the store, or the context, of another tenant`);
}

/** A tool that makes its own steps: it holds a place, waits, and keeps it. */
function bookingTool(around: Surroundings): AgentTool {
  const { stage, script, defect } = around;
  return {
    description: "Does a book.",
    parameters: { type: "object" },
    durable: "self",
    async execute(input: unknown, given: ToolContext) {
      const { runId, callId, idempotencyKey: key } = defect?.call?.(given) ?? given;
      const { step } = given;
      if (!step) throw new Error("There is no step.");
      const part = (name: string) => async (): Promise<string> => {
        const house = around.house();
        const { ledger, tenant } = house;
        checkGiven(house, given);
        ledger.holds(runId, `the step ${name} of ${callId} of ${runId}`);
        const mark = ofTenant(tenant, `${ledger.effects.length}`);
        await work(around, `tool ${callId}`, () => {
          failAsWanted(ledger.thrown, `${runId} ${callId}`, callIn(house, callId)?.throws ?? 0);
          ledger.effects.push({ runId, callId, tool: "book", part: name, key, input, mark });
          stage.note(`did ${name} of ${runId} ${callId}`);
        });
        return mark;
      };
      await step.run("hold", part("hold"));
      if (script.silenceMs > 60_000) await step.sleep("rest", script.silenceMs * 2);
      return { mark: await step.run("keep", part("keep")) };
    },
  };
}

/** Throws the first so many times; nine is for ever, and told so. */
function failAsWanted(thrown: Map<string, number>, call: string, times: number): void {
  const before = thrown.get(call) ?? 0;
  const never = new EffectNotDoneError("It never works.");
  if (times >= 9) throw new NonRetriableError(never.message, { cause: never });
  if (before >= times) return;
  thrown.set(call, before + 1);
  if (times === 2) throw new EffectNotDoneError("It does not work yet, and did nothing.");
  throw new Error("It does not work yet.");
}

/** Does work that takes a while, in which its process may die, or which may take longer than anybody waits. */
async function work(around: Surroundings, label: string, effect: () => void): Promise<void> {
  const { stage, kill, script, house } = around;
  await stage.pass(label, lengthOf(around));
  const fault = faultOf(around, label);
  if (fault === "silent") {
    house().ledger.stalls("work", script.silenceMs * 3);
    await stage.pass(`${label} goes on`, script.silenceMs * 3);
  }
  if (fault === "kill-before") await ended(kill);
  effect();
  await stage.pass(`${label} done`);
  if (fault === "kill-after") await ended(kill);
}

/** `model …` is a model's work; `tool refund-…` is that of the tool `refund`. */
function faultOf(
  { stage, faults, house }: Surroundings,
  label: string,
): FaultKind<"work"> | undefined {
  const { ledger } = house();
  const [, tool] = /^tool (\w+)/.exec(label) ?? [];
  const standing = ledger.standing(actor()?.runId);
  const fault = faults.at({ where: "work", site: `work ${tool ?? "model"}`, ...standing });
  if (fault !== undefined) stage.note(`FAULT ${fault} at ${label}, ${standing.state}`);
  return fault;
}

function lengthOf({ stage, faults, house }: Surroundings): number {
  const isStruck = faults.strikes(house().ledger.standing(actor()?.runId));
  const isSlow = !faults.isCalm && stage.random.next() < (isStruck ? 0.7 : 0.1);
  return isSlow ? 20_000 : 0;
}

async function ended(kill: () => void): Promise<never> {
  kill();
  return new Promise<never>(() => undefined);
}

/** What is wrong with a conversation that a model is shown: each call has its result behind it, and no result is without its call. */
export function misshapen(messages: readonly Message[]): readonly string[] {
  const open = new Set<string>();
  const problems: string[] = [];
  for (const message of messages) {
    if (message.role === "tool") {
      if (!open.delete(message.toolCallId))
        problems.push(`the result ${message.toolCallId} is out of place`);
      continue;
    }
    if (open.size > 0) problems.push(`no result for ${[...open].join(", ")}`);
    open.clear();
    if (message.role === "assistant") for (const { id } of message.toolCalls ?? []) open.add(id);
  }
  if (open.size > 0) problems.push(`no result for ${[...open].join(", ")}`);
  return problems;
}
