// The chat page on http://127.0.0.1:3000, with a stub in the place of a model. Its threads are in chat.db.
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { stubModel } from "./model.ts";
import { startSite } from "./site.ts";

const store = sqliteStore({ path: "chat.db" });
const site = await startSite({ store, model: stubModel(60), port: 3000 });
const cookie = `session=${site.signIn("ada")}; path=/`;
console.log(`Open ${site.url}/ and, for now in place of a login, say in its console:`);
console.log(`document.cookie = ${JSON.stringify(cookie)}; location.reload()`);
