// The chat page on http://127.0.0.1:3000, with a stub in the place of a model. Its threads are in chat.db. INNGEST_DEV is the URL of a dev server; without it Inngest is in this process.
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { stubModel } from "./model.ts";
import { startSite } from "./site.ts";

const store = sqliteStore({ path: "chat.db" });
const { INNGEST_DEV: inngestUrl } = process.env;
const at = inngestUrl === undefined ? {} : { inngestUrl };
const site = await startSite({ store, model: stubModel(60), port: 3000, ...at });
const cookie = `session=${site.signIn("ada")}; path=/`;
console.log(`Open ${site.url}/ and, for now in place of a login, say in its console:`);
console.log(`document.cookie = ${JSON.stringify(cookie)}; location.reload()`);
