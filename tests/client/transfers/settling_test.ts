/** What is left to be done about transfers that are over, on a server that refuses some of it. */
import { toHex } from "../../../shared/bytes.ts";
import { assertEquals } from "../../support/assert.ts";
import { Conversation } from "../../support/attack/conversation.ts";
import { failure } from "../../support/attack/parties.ts";
import { sampleBytes } from "../../support/pieces.ts";

/** Alice has sent three files to Bob; the server refuses what concerns the first, with `error`. */
async function scene(error: "over-quota" | "forbidden", retryAfter = 0) {
  const world = await Conversation.underWay();
  const { server, alice, stack } = world;
  for (let i = 0; i < 3; i++) {
    const path = `${alice.folder}/file ${i}`;
    await Deno.writeFile(path, sampleBytes(10));
    await alice.with(server.address, (client) => client.sendFile("bob", path));
  }
  const blobs = [...server.files.blobs.keys()];
  server.lie = (request) => {
    const isAsked = request.kind === "file-state" && toHex(request.blob) === blobs[0];
    if (isAsked && error === "over-quota") return { kind: "file-state", next: 0, waiting: 1 };
    const isRefused = isAsked || request.kind === "open-upload";
    return isRefused ? { kind: "error", error, retryAfter, text: "it is full" } : undefined;
  };
  const asked = () => server.requests.filter(({ kind }) => kind === "file-state").length;
  const open = () => alice.profile.transfers.open().map(({ name }) => name);
  return {
    ...{ server, alice, blobs, asked, open },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

Deno.test("settling: a lost part that finds no room waits, and holds up no other", async () => {
  await using world = await scene("over-quota", 3_600_000);
  const { server, alice, blobs, asked, open } = world;
  for (const blob of blobs.slice(1)) server.files.blobs.delete(blob); // Bob has got them
  const told = await alice.with(server.address, (client) => {
    return Array.fromAsync(client.receive(`${alice.folder}/out`, () => {}));
  });
  assertEquals(told.map((one) => one.type === "notice" && one.text), [
    "the server had lost a part of file 0 to bob (transfer 1); it is sent again with the first " +
    "receive after 60 min: the server refused: it is full",
  ]);
  assertEquals(open(), ["file 0"], "the others are settled");
  const before = asked();
  assertEquals(await alice.receive(server.address), []);
  assertEquals(asked(), before, "it is too early");

  const later = Date.now() + 3_700_000;
  alice.now = () => later;
  server.lie = (request) =>
    request.kind === "file-state" ? { kind: "file-state", next: 0, waiting: 1 } : undefined;
  assertEquals(await alice.receive(server.address), ["bob: (notice)"], "it is there again");
});

Deno.test("settling: another refusal of one transfer is told of after the others", async () => {
  await using world = await scene("forbidden");
  const { server, alice, blobs, open } = world;
  for (const blob of blobs.slice(1)) server.files.blobs.delete(blob);
  assertEquals(await failure(alice.receive(server.address)), "refused");
  assertEquals(open(), ["file 0"]);
});
