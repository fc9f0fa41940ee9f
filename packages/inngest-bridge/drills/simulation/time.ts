import { type Stage, stages, type Task } from "./stage.ts";

/**
 * Does work in the stage's time and by its seed, in place of the process's own, for our code and the SDK's: timers, `Date`, `performance.now`, `Math.random`. One stage at a time. Code that was under way
 * before, another test's perhaps, keeps the process's own: its timers would never let the world come to rest, and its draws would be missing in the seed's.
 */
export async function inTime<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
  using _ = installTime(stage);
  return await stages.run(stage, work);
}

function installTime(stage: Stage): Disposable {
  const real = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
    setImmediate: globalThis.setImmediate,
    clearImmediate: globalThis.clearImmediate,
    Date: globalThis.Date,
  };
  const { env } = process;
  const { random } = Math;
  const now = performance.now.bind(performance);
  const isInside = (): boolean => stages.getStore() === stage;
  Object.assign(globalThis, timersOf(stage, real, isInside), { Date: dateOf(stage, isInside) });
  // The SDK copies it in each request: a plain object makes that cheap.
  process.env = { ...env };
  Math.random = () => (isInside() ? stage.random.next() : random());
  performance.now = () => (isInside() ? stage.clock - stage.start : now());
  return {
    [Symbol.dispose]() {
      Object.assign(globalThis, real);
      process.env = env;
      Math.random = random;
      performance.now = now;
    },
  };
}

/** What `setTimeout` and the others give: enough of Node's own for those who hold one. */
class Handle {
  task: Task | undefined;

  unref(): this {
    if (this.task) this.task.daemon = true;
    return this;
  }

  ref(): this {
    return this;
  }

  hasRef(): boolean {
    return this.task?.daemon === false;
  }
}

type Callback = (...args: readonly unknown[]) => void;

/** The stage's timers for who is inside, and the process's own for everybody else. */
function timersOf(
  stage: Stage,
  real: Readonly<Record<string, unknown>>,
  isInside: () => boolean,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(stageTimers(stage)).map(([name, own]) => {
      const theirs = real[name] as (...args: readonly unknown[]) => unknown;
      return [
        name,
        (...args: readonly unknown[]) =>
          (name.startsWith("clear") ? args[0] instanceof Handle : isInside())
            ? (own as typeof theirs)(...args)
            : theirs(...args),
      ];
    }),
  );
}

function stageTimers(stage: Stage): Readonly<Record<string, unknown>> {
  const once = (
    label: string,
    ms: number,
    callback: Callback,
    args: readonly unknown[],
  ): Handle => {
    const handle = new Handle();
    handle.task = stage.add(`${label} ${ms}`, ms, () => callback(...args));
    return handle;
  };
  const stop = (handle: unknown): void => {
    if (handle instanceof Handle && handle.task) stage.remove(handle.task);
  };
  return {
    setTimeout: (callback: Callback, ms = 0, ...args: readonly unknown[]) =>
      once("timeout", Math.max(0, ms), callback, args),
    setImmediate: (callback: Callback, ...args: readonly unknown[]) =>
      once("immediate", 0, callback, args),
    setInterval(callback: Callback, ms = 1, ...args: readonly unknown[]) {
      const handle = new Handle();
      const plan = (daemon: boolean): void => {
        handle.task = stage.add(`interval ${ms}`, Math.max(1, ms), beat, daemon);
      };
      const beat = (): void => {
        plan(handle.task?.daemon ?? false);
        callback(...args);
      };
      plan(false);
      return handle;
    },
    clearTimeout: stop,
    clearInterval: stop,
    clearImmediate: stop,
  };
}

function dateOf(stage: Stage, isInside: () => boolean): DateConstructor {
  return new Proxy(Date, {
    construct: (target, args: readonly unknown[]) =>
      args.length === 0 && isInside() ? new target(stage.clock) : Reflect.construct(target, args),
    get: (target, key, receiver): unknown =>
      key === "now" && isInside() ? () => stage.clock : Reflect.get(target, key, receiver),
  });
}
