/** What the server asks the outside world for a step of `step.ai.infer` or `step.fetch`. `fetch` is one. */
export type Gateway = (request: Request) => Response | Promise<Response>;
