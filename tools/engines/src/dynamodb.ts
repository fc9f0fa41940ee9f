import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Machine } from "./machine.ts";
import { MissingPart, type ServerPlan, type Settings } from "./plan.ts";

/** The version of DynamoDB Local, in Docker as from Maven Central. The pom beside this folder names it too. */
export const DYNAMODB_VERSION = "2.6.1";

/** What DynamoDB Local runs on: Java 17 or newer. Its jars come from Maven Central. */
export const DYNAMODB_PROGRAMS = ["java"] as const;

/** The region and the credentials with which tests ask: DynamoDB Local takes any, and keeps the tables of each apart. */
export const DYNAMODB_REGION = "eu-central-1";
export const DYNAMODB_CREDENTIALS: {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
} = { accessKeyId: "perdure", secretAccessKey: "perdure" };

/** The same as the SDK looks for them, for a store that is opened by a URL. */
export const DYNAMODB_ENV: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: DYNAMODB_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: DYNAMODB_CREDENTIALS.secretAccessKey,
};

/** What makes it fast: nothing is kept beyond its life. */
export const FAST_DYNAMODB: Settings = { inMemory: "" };

/** A DynamoDB Local on the Java of `folder`; its tables lie in its folder, where it is not told to keep them in memory. */
export async function dynamodbPlan(
  folder: string,
  settings: Settings,
  machine: Machine,
): Promise<ServerPlan> {
  const jars = await jarsOf(machine);
  const words = [...dynamodbWords(settings, "{folder}"), "-port", "{port}"];
  const main = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner";
  return {
    what: "DynamoDB Local",
    url: "http://127.0.0.1:{port}",
    unprivileged: false,
    files: {},
    command: [
      join(folder, "java"),
      `-Djava.library.path=${jars}`,
      "-Xmx1g",
      // It lives for minutes: what the second compiler and the collector of large machines do beside it takes longer than all that it is asked.
      "-XX:TieredStopAtLevel=1",
      "-XX:+UseSerialGC",
      "-cp",
      join(jars, "*"),
      main,
      ...words,
    ],
    ready: "Initializing DynamoDB Local",
    early: true,
    stop: "SIGKILL",
  };
}

/** Settings as words of its command line: `{ inMemory: "" }` is `-inMemory`. */
export function dynamodbWords(settings: Settings, folder: string): string[] {
  const where: Settings = "inMemory" in settings ? {} : { sharedDb: "", dbPath: folder };
  return Object.entries({ disableTelemetry: "", ...where, ...settings }).flatMap(([name, value]) =>
    value === "" ? [`-${name}`] : [`-${name}`, value],
  );
}

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const POM = fileURLToPath(new URL("../dynamodb/pom.xml", import.meta.url));

/** The folder of the jars and the native libraries: fetched once for this working copy, whole or not at all. */
async function jarsOf({ env }: Machine): Promise<string> {
  const folder = join(ROOT, ".cache", `dynamodb-local-${DYNAMODB_VERSION}`);
  if (existsSync(folder)) return folder;
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  const fetched = mkdtempSync(join(ROOT, ".cache", "dynamodb-local-"));
  try {
    const words = ["-q", "-B", "-f", POM, "dependency:copy-dependencies"];
    await maven([...words, `-DoutputDirectory=${fetched}`], env);
    if (!existsSync(folder)) renameSync(fetched, folder);
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(fetched, { recursive: true, force: true });
  }
  return folder;
}

async function maven(words: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const program = (env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "mvn"))
    .find((file) => existsSync(file));
  if (program === undefined)
    throw new MissingPart("there is Java, and no Maven that could fetch DynamoDB Local");
  const child = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const output of [child.stdout, child.stderr])
    output.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-500)));
  const failed = await new Promise<boolean>((resolve) => {
    child.once("error", () => resolve(true));
    child.once("close", (code) => resolve(code !== 0));
  });
  if (failed) throw new MissingPart(`Maven says: ${said.trim().split("\n")[0] ?? "nothing"}`);
}
