/**
 * `before` is awaited each time the network of a run decides who is next, and so after each agent: AgentKit itself hands over results only when all agents have
 * ended well. A network that does not decide in this way (of another version of AgentKit, or none at all) is left as it is.
 */
export function beforeEachTurn(network: unknown, before: () => Promise<void>): void {
  if (typeof network !== "object" || network === null || watched.has(network)) return;
  const decide: unknown = Reflect.get(network, "getNextAgents");
  if (typeof decide !== "function") return;
  watched.add(network);
  const value = async (...call: readonly unknown[]): Promise<unknown> => {
    await before();
    return (await Reflect.apply(decide, network, call)) as unknown;
  };
  Object.defineProperty(network, "getNextAgents", { value, configurable: true, writable: true });
}

/** Networks are made for each run, and one run may call a hook several times. */
const watched = new WeakSet<object>();
