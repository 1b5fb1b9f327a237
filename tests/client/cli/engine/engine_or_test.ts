import { engineOr } from "../../../../client/cli/engine/engine_or.ts";
import { ClientError } from "../../../../client/errors.ts";
import { assertEquals, assertRejects } from "../../../support/assert.ts";

const inUse = () => new ClientError("in-use", "somebody has it");

Deno.test("engine or profile: who opens the profile is waited for, and said once", async () => {
  const notes: string[] = [];
  let opening = 3;
  const found = await engineOr(
    () => Promise.resolve(opening === 0 ? "engine" : null),
    () => {
      opening--;
      return Promise.reject(inUse());
    },
    (text) => notes.push(text),
  );
  assertEquals(found, { engine: "engine" });
  assertEquals(notes, ["Waiting for another messaging-client, which has the profile ..."]);
});

Deno.test("engine or profile: without an engine it is opened, or fails as it did", async () => {
  const none = () => Promise.resolve(null);
  const note = () => {};
  assertEquals(await engineOr(none, () => Promise.resolve("mine"), note), { opened: "mine" });
  let count = 0;
  const open = (error: Error) => () => {
    count++;
    return Promise.reject(error);
  };
  assertEquals(
    (await assertRejects(() => engineOr(none, open(inUse()), note), ClientError)).code,
    "in-use",
  );
  assertEquals(count, 5);
  const other = new ClientError("wrong-passphrase", "another one");
  await assertRejects(() => engineOr(none, open(other), note), ClientError);
  assertEquals(count, 6);
});
