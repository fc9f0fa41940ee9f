/** Does work under a name once all work that was asked for under that name before is over, well or not; work under different names goes on side by side. */
export type OneByOne = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/**
 * Work in the order in which it was asked for. What many of a process would otherwise do at once, to find that one of them was faster, they do without a try in vain; against other processes it
 * holds nothing.
 */
export function oneByOne(): OneByOne {
  const last = new Map<string, Promise<unknown>>();
  return async (name, work) => {
    const before = last.get(name);
    const mine = before ? before.then(work, work) : work();
    last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (last.get(name) === mine) last.delete(name);
    }
  };
}
