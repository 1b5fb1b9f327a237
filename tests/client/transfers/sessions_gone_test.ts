import { assertEquals } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { Party } from "../../support/attack/parties.ts";

Deno.test("transfers: a file is told of when the sessions went during its upload", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  await bob.with(server.address, (client) => client.contactBook.setAlias("alice", "alice"));
  let uploads = 0;
  server.lie = ({ kind }) => {
    if (kind === "share") {
      uploads++;
      alice.profile.sessions.clear();
    }
    return undefined;
  };
  const path = `${alice.folder}/photo.jpg`;
  await Deno.writeTextFile(path, "a photo");
  await alice.with(server.address, (client) => client.sendFile("bob", path));
  assertEquals(uploads, 1);
  assertEquals(await bob.receive(server.address), ["alice: (file)"]);
});
