/** What counts as read: what a person was shown. */
import { assertEquals } from "../support/assert.ts";
import { jsonLines, Person } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { terminalTest } from "../support/tmux.ts";
import { until } from "../support/until.ts";

type Conversation = { peer: { name: string }; unread: number };

terminalTest(
  "reading: what a terminal shows is read, and what a program gets is not",
  async (terminals) => {
    await using server = await startServer();
    await using alice = await Person.register(server.address, "alice");
    await using bob = await Person.register(server.address, "bob");
    const unread = async () => {
      const { stdout } = await bob.run(["--json", "conversations"]);
      return jsonLines<Conversation>(stdout).map(({ peer, unread }) => [peer.name, unread]);
    };
    const shown = async (...args: string[]) => {
      const pane = await terminals.client(bob.args(...args));
      await until("it has ended", async () => (await pane.asks("#{pane_dead}")).trim() === "1", 50);
    };
    await bob.json("send", "alice", "hi"); // so that nobody asks whether she is wanted
    await alice.json("send", "bob", "one");
    await bob.json("receive");
    assertEquals(await unread(), [["alice", 1]]);
    await bob.json("history", "alice");
    assertEquals(await unread(), [["alice", 1]]);
    await shown("history", "alice");
    assertEquals(await unread(), [["alice", 0]]);
    for (const text of ["two", "three"]) await alice.json("send", "bob", text);
    await shown("receive");
    assertEquals(await unread(), [["alice", 0]]);
    await alice.json("send", "bob", "four");
    await bob.json("receive");
    await bob.json("mark-read", "alice");
    assertEquals(await unread(), [["alice", 0]]);
  },
);
