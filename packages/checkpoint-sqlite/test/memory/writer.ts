import { createStore } from "@perdure/checkpoint-core";
import { type SqliteDriver, sqliteBackend } from "@perdure/checkpoint-sqlite";

/** Another process that changes the memories which all of them share, searches after each change, and sends how many searches did not show its own. */
const [path = "", driver = "", id = "", count = ""] = process.argv.slice(2);
const user = { kind: "user" } as const;

await using backend = sqliteBackend({
  path,
  driver: driver as SqliteDriver,
  durability: "normal",
  waitMs: 60_000,
});
const { memory } = createStore({ backend });
let missed = 0;
for (let turn = 0; turn < Number(count); turn += 1) {
  const names = [`${id}-${turn}-kept`, `${id}-${turn}-gone`];
  const operationId = `${id} ${turn}`;
  const memories = names.map((name) => ({ id: name, text: `tea w${id}x${turn}` }));
  await memory.write(user, memories, { operationId });
  await memory.write(user, memories, { operationId });
  await memory.write(user, [{ id: "shared", text: `by ${id}` }]);
  await memory.delete(user, names.slice(1), { operationId });
  await memory.update(user, [{ id: names[0] ?? "", text: `milk w${id}x${turn}` }], { operationId });
  const found = await memory.search(user, `w${id}x${turn}`);
  const texts = found.memories.map((one) => one.memory.text);
  if (texts.join() !== `milk w${id}x${turn}`) missed += 1;
}
process.send?.(missed);
process.disconnect();
