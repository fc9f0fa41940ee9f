import { spawn } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { folderOf } from "../src/binaries.ts";
import { dockerAnswers } from "../src/docker.ts";
import { find } from "../src/find.ts";
import { engine, ownServer } from "../src/index.ts";
import { type Machine, thisMachine } from "../src/machine.ts";
import { describeOn } from "../src/suite.ts";

const folder = mkdtempSync(join(tmpdir(), "perdure-finding-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder with one program that says nothing. */
function withProgram(name: string, script = "exit 1"): string {
  const bin = mkdtempSync(join(folder, "bin-"));
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
  return bin;
}

function read(name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

/** A machine on which there is nothing. */
const bare: Machine = {
  env: { PATH: "", DOCKER_HOST: `unix://${folder}/nobody.sock` },
  isRoot: false,
  folders: [],
  servicePolicy: join(folder, "policy-rc.d"),
};

test("what can't be had is one sentence that says how to get it", async () => {
  await expect(find("redis", bare)).rejects.toThrow(
    /^No Redis here: name one in PERDURE_REDIS_URL, start Docker, or install it \(Debian: redis-server\); PERDURE_WITHOUT=redis leaves its tests out\.$/,
  );
  await expect(find("postgres", bare)).rejects.toMatchObject({ name: "EngineError" });
});

test("an engine that is left out is not looked for", async () => {
  const env = { PERDURE_WITHOUT: "postgres, redis", PERDURE_REDIS_URL: "redis://127.0.0.1:1" };
  await expect(find("redis", { ...bare, env })).rejects.toThrow(
    /^Redis is left out: PERDURE_WITHOUT names redis\.$/,
  );
});

test("a URL whose server does not answer is an error, not the next way", async () => {
  for (const [name, variable] of [
    ["redis", "PERDURE_REDIS_URL"],
    ["postgres", "PERDURE_POSTGRES_URL"],
  ] as const) {
    const env = { ...process.env, [variable]: `${name}://127.0.0.1:1/` };
    await expect(find(name, { ...thisMachine(), env })).rejects.toThrow(
      `${variable} names a server that does not answer: `,
    );
  }
});

test("a Docker client without an engine is not Docker", async () => {
  const PATH = withProgram("docker", "echo Docker version 28.2.2");
  expect(await dockerAnswers({ ...bare.env, PATH })).toBe(false);
  expect(await dockerAnswers({ DOCKER_HOST: "tcp://127.0.0.1:1" })).toBe(false);
});

test("programs of PATH come first, then the newest version that the system keeps", () => {
  const kept = mkdtempSync(join(folder, "kept-"));
  for (const version of ["9.6", "15", "17"]) {
    const bin = withProgram("postgres");
    symlinkSync(bin, join(kept, version));
  }
  const folders = [`${kept}/*/`];
  const newest = folderOf(["postgres"], { env: { PATH: "" }, folders });
  expect(newest).toBe(folderOf(["postgres"], { env: { PATH: join(kept, "17") }, folders: [] }));
  expect(newest).not.toBe(folderOf(["postgres"], { env: { PATH: join(kept, "15") }, folders }));
  expect(folderOf(["postgres", "initdb"], { env: { PATH: "" }, folders })).toBeUndefined();
});

describeOn("redis", "with a Redis", () => {
  let here = "";
  beforeAll(async () => {
    await using _ = await ownServer("redis"); // Installs it, where it is missing.
    here = folderOf(["redis-server"], thisMachine()) ?? "";
  });

  test("the environment's URL comes first, and its server is left running", async () => {
    const url = inject("redisUrl");
    const found = await find("redis", { ...bare, env: { ...bare.env, PERDURE_REDIS_URL: url } });
    expect(found).toMatchObject({ url, origin: "environment" });
    await found[Symbol.asyncDispose]();
    const client = new Redis(url);
    expect(await client.ping()).toBe("PONG");
    client.disconnect();
  });

  test("where a Docker engine answers and starts nothing, programs of this machine are next", async () => {
    const path = join(folder, "docker.sock");
    const broken = createServer((request, response) => {
      response.writeHead(request.url === "/_ping" ? 200 : 500).end();
    });
    await new Promise<void>((resolve) => broken.listen(path, resolve));
    const script = fileURLToPath(new URL("../src/run.ts", import.meta.url));
    const child = spawn(
      process.execPath,
      [script, "redis", "--", "printenv", "PERDURE_REDIS_URL"],
      {
        env: {
          ...process.env,
          DOCKER_HOST: `unix://${path}`,
          PERDURE_REDIS_URL: undefined,
          PATH: [here, process.env["PATH"]].join(delimiter),
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    broken.closeAllConnections();
    broken.close();
    expect(errors).toContain("redis: binaries\n");
    expect(output).toMatch(/^redis:\/\/127\.0\.0\.1:\d+\n$/);
  });

  test("a package is installed where programs are missing, and none of its services is left running", async () => {
    const bin = withProgram(
      "apt-get",
      `cat "${bare.servicePolicy}" >> "${folder}/policy"; echo "$*" >> "${folder}/installed"
case "$*" in *redis-server) ln -s "${here}/redis-server" "$(dirname "$0")/redis-server";; esac`,
    );
    const service = withProgram("service", `echo "$*" >> "${folder}/services"`);
    const machine = thisMachine();
    const without = { ...bare, env: { ...bare.env, PATH: [bin, service].join(delimiter) } };
    await expect(find("redis", without)).rejects.toThrow(/^No Redis here: /); // Not as root.
    // `redis-server` of /usr/bin would be found: a folder with the few programs that the installation calls.
    const tools = mkdtempSync(join(folder, "tools-"));
    for (const name of ["sh", "cat", "chmod", "rm", "ln", "dirname"])
      symlinkSync(join(folderOf([name], machine) ?? "", name), join(tools, name));
    const root: Machine = {
      ...bare,
      isRoot: true,
      env: { ...bare.env, PATH: [bin, service, tools].join(delimiter) },
    };
    await using found = await find("redis", root);
    expect(found.origin).toBe("system packages");
    expect(read("policy")).toBe("#!/bin/sh\nexit 101\n");
    expect(read("installed")).toBe(
      "install -y --no-install-recommends -o DPkg::Lock::Timeout=300 redis-server\n",
    );
    expect(read("services")).toBe("redis-server stop\n");
    expect(readdirSync(folder)).not.toContain("policy-rc.d");
  });

  test("two who ask for an engine get one server, which is there until both have left", async () => {
    const first = await engine("redis");
    await using second = await engine("redis");
    expect(second.url).toBe(first.url);
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    const client = new Redis(second.url);
    expect(await client.ping()).toBe("PONG");
    client.disconnect();
  });
});
