import { existsSync } from "node:fs";
import { request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

/** How long an engine may take to say that it is there. */
const PATIENCE = 2000;

/** Does a Docker engine answer? A client alone is none: what is asked is the engine's own socket, or the host that DOCKER_HOST names. */
export async function dockerAnswers(env: Env): Promise<boolean> {
  const host = env["DOCKER_HOST"];
  if (host !== undefined && host !== "") return pings(host);
  const home = homedir();
  const sockets = [
    "/var/run/docker.sock",
    ...(env["XDG_RUNTIME_DIR"] === undefined ? [] : [join(env["XDG_RUNTIME_DIR"], "docker.sock")]),
    join(home, ".docker/run/docker.sock"),
    join(home, ".docker/desktop/docker.sock"),
  ];
  for (const socket of sockets)
    if (existsSync(socket) && (await pings(`unix://${socket}`))) return true;
  return false;
}

function pings(host: string): Promise<boolean> {
  const { protocol, hostname, port, pathname } = new URL(host);
  const to =
    protocol === "unix:" ? { socketPath: pathname } : { host: hostname, port: port || "2375" };
  // An engine behind TLS says something to plain HTTP too; whether it takes us shows when a container is started.
  return new Promise((resolve) => {
    const asked = request({ ...to, path: "/_ping", timeout: PATIENCE }, (response) => {
      response.resume();
      resolve(true);
    });
    asked.once("timeout", () => asked.destroy());
    asked.once("error", () => resolve(false));
    asked.once("close", () => resolve(false));
    asked.end();
  });
}
