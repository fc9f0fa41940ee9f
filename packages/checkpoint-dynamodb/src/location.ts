import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { StorageError } from "@perdure/checkpoint-core";
import type { DynamoClient } from "./client.ts";

/** Where the table is: by a client of the caller's, by region and name, or by a URL. */
export type DynamoLocation = DynamoGiven | DynamoRegion | DynamoUrl;

/** A table behind a client of the caller's, which is never closed here. */
export interface DynamoGiven {
  readonly client: DynamoClient;
  readonly table: string;
  readonly region?: undefined;
  readonly endpoint?: undefined;
  readonly credentials?: undefined;
  readonly url?: undefined;
}

/** A table behind a client that is made here and closed with the store. */
export interface DynamoRegion {
  readonly table: string;
  /** What the SDK finds (`AWS_REGION`, the shared configuration) when not given. */
  readonly region?: string;
  /** Another server than the region's: `http://127.0.0.1:8000` for DynamoDB Local, or a VPC endpoint. */
  readonly endpoint?: string;
  /** What the SDK's chain finds (environment, profile, role) when not given. */
  readonly credentials?: NonNullable<DynamoDBClientConfig["credentials"]>;
  readonly client?: undefined;
  readonly url?: undefined;
}

/** The same in one line: `dynamodb://table?region=eu-central-1&endpoint=http://127.0.0.1:8000`. */
export interface DynamoUrl {
  readonly url: string;
  readonly client?: undefined;
  readonly table?: undefined;
  readonly region?: undefined;
  readonly endpoint?: undefined;
  readonly credentials?: NonNullable<DynamoDBClientConfig["credentials"]>;
}

/** A location that was checked. */
export type Place =
  | { readonly table: string; readonly client: DynamoClient }
  | { readonly table: string; readonly config: DynamoDBClientConfig };

/** Where a location is; `INVALID_ARGUMENT` where it says no place, or one that cannot be. */
export function placeOf(location: DynamoLocation): Place {
  const { client, url } = location;
  if (url !== undefined) {
    if (client !== undefined || location.table !== undefined)
      throw invalid(
        "A DynamoDB store has one place: a `url`, or a `table` with its `client` or `region`.",
      );
    return { ...placeOfUrl(url), ...withCredentials(location, placeOfUrl(url)) };
  }
  const table = tableName(location.table);
  if (client === undefined) return { table, config: configOf(location) };
  if (!isClient(client))
    throw invalid("`client` is no client of @aws-sdk/client-dynamodb: it has no `send`.");
  for (const name of ["region", "endpoint", "credentials"] as const)
    if (location[name] !== undefined)
      throw invalid(`\`${name}\` belongs to the client that was passed in: give it there.`);
  return { table, client };
}

function withCredentials(
  { credentials }: DynamoLocation,
  { config }: { readonly config: DynamoDBClientConfig },
): { readonly config: DynamoDBClientConfig } {
  return { config: credentials === undefined ? config : { ...config, credentials } };
}

function configOf({ region, endpoint, credentials }: DynamoRegion): DynamoDBClientConfig {
  if (region !== undefined && (typeof region !== "string" || region === ""))
    throw invalid("`region` is the name of a region, such as eu-central-1.");
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint: webAddress(endpoint) }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

/** What the query of a URL may hold. */
const PARAMETERS: ReadonlySet<string> = new Set(["region", "endpoint"]);

function placeOfUrl(text: unknown): {
  readonly table: string;
  readonly config: DynamoDBClientConfig;
} {
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "dynamodb:")
    throw invalid(
      "A DynamoDB store's `url` is dynamodb://table?region=…, and may have an `endpoint` beside the region.",
    );
  refuseParts(url);
  const table = tableName(url.hostname);
  return { table, config: configOf({ table, ...Object.fromEntries(url.searchParams) }) };
}

/** Throws for a URL with anything but a table and what the query may hold. */
function refuseParts(url: URL): void {
  if (url.username !== "" || url.password !== "")
    throw invalid(
      "The URL of a DynamoDB store holds no credentials: they come from the SDK's chain, or as `credentials`.",
    );
  if (url.port !== "" || !["", "/"].includes(url.pathname) || url.hash !== "")
    throw invalid(
      "The URL of a DynamoDB store names the table and nothing behind it but ?region=…&endpoint=….",
    );
  for (const name of url.searchParams.keys())
    if (!PARAMETERS.has(name) || url.searchParams.getAll(name).length > 1)
      throw invalid(
        `The URL of a DynamoDB store has \`region\` and \`endpoint\`, each at most once, and not \`${name}\`.`,
      );
}

/** A name as the service takes it, or the ARN of a table, which another account's is named by. */
function tableName(name: unknown): string {
  if (
    typeof name === "string" &&
    /^(?:[A-Za-z0-9_.-]{3,255}|arn:[^\s]{1,1000}:table\/[A-Za-z0-9_.-]{3,255})$/.test(name)
  )
    return name;
  throw invalid(
    "`table` is the name of a DynamoDB table: 3 to 255 letters, digits, `_`, `.` and `-`.",
  );
}

function webAddress(endpoint: unknown): string {
  if (typeof endpoint === "string" && URL.canParse(endpoint) && /^https?:/.test(endpoint))
    return endpoint;
  throw invalid("`endpoint` is the address of a server, such as http://127.0.0.1:8000.");
}

function isClient(value: unknown): value is DynamoClient {
  return (
    typeof value === "object" &&
    value !== null &&
    "send" in value &&
    typeof value.send === "function"
  );
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
