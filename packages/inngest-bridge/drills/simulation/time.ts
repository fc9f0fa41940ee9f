import type { Stage, Task } from "./stage.ts";

/**
 * Puts the stage's time and its seed in the place of the process's own, for our code and the SDK's: timers, `Date`, `performance.now`, `Math.random`. Disposing gives them back. One stage at a
 * time.
 */
export function installTime(stage: Stage): Disposable {
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
  Object.assign(globalThis, timersOf(stage), { Date: dateOf(stage) });
  // The SDK copies it in each request: a plain object makes that cheap.
  process.env = { ...env };
  Math.random = () => stage.random.next();
  performance.now = () => stage.clock - stage.start;
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

function timersOf(stage: Stage): Readonly<Record<string, unknown>> {
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

function dateOf(stage: Stage): DateConstructor {
  return new Proxy(Date, {
    construct: (target, args: readonly unknown[]) =>
      args.length === 0 ? new target(stage.clock) : Reflect.construct(target, args),
    get: (target, key, receiver): unknown =>
      key === "now" ? () => stage.clock : Reflect.get(target, key, receiver),
  });
}
