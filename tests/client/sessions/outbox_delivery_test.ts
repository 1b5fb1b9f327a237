/** The outbox is delivered in its order, over connections that break at any message. */
import { ClientError } from "../../../client/errors.ts";
import type { Message, SecureTransport } from "../../../client/network/transport.ts";
import { Profile } from "../../../client/profile/profile.ts";
import { OutboxDelivery } from "../../../client/sessions/outbox_delivery.ts";
import { fromUtf8, utf8 } from "../../../shared/bytes.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { failure, Party } from "../../support/attack/parties.ts";
import { idOf } from "../../support/profile/database.ts";
import { tempFolder } from "../../support/temp_folder.ts";

type Attempt = Message & { token?: Uint8Array };

/** A server that takes messages as `fate` says: whether one arrives, and what its sender hears. */
class Server {
  /** The texts that arrived, in their order; repeats are left out. */
  readonly texts: string[] = [];
  /** Decides on the attempt with this number: a failure after it arrived, or before; or none. */
  fate: (attempt: number, text: string) => { arrives: boolean; error: ClientError | null } = () => {
    return { arrives: true, error: null };
  };
  attempts = 0;

  /** As a transport does: a broken connection is made again, unless it may be tried but once. */
  async send(message: Attempt, { once = false } = {}): Promise<number> {
    for (let attempt = 1;; attempt++) {
      try {
        return this.#take(message);
      } catch (error) {
        if (once || attempt === ATTEMPTS || error !== BROKEN) throw error;
        // Pauses differ: whoever repeats several side by side changes their order.
        const pause = 10 * (9 - Number(fromUtf8(message.content)) || 0);
        for (let turn = 0; turn <= pause; turn++) await Promise.resolve();
      }
    }
  }

  #take({ content }: Attempt): number {
    const text = fromUtf8(content) ?? "";
    const { arrives, error } = this.fate(this.attempts++, text);
    if (arrives && !this.texts.includes(text)) this.texts.push(text);
    if (error) throw error;
    return this.texts.indexOf(text) + 1;
  }
}

const ATTEMPTS = 4;
const ARRIVES = { arrives: true, error: null };
const BROKEN = new ClientError("unreachable", "the connection broke");

/** A profile with an outbox, its delivery, and the server at the other end. */
async function open() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const profile = stack.use(await Profile.open(folder.path));
  const server = new Server();
  const transport = { send: server.send.bind(server) };
  const clock = { now: 1e12 };
  /** A delivery as the next command has it. */
  const next = () =>
    new OutboxDelivery(profile, transport as unknown as SecureTransport, () => clock.now);
  let token = 0;
  /** Puts a text into the outbox, as the session's transaction does. */
  const put = (text: string, to = idOf(1)) => {
    const message = { to, type: MessageType.text, content: utf8(text), history: null };
    return profile.outbox.put({ ...message, token: idOf(++token) });
  };
  return {
    ...{ profile, server, delivery: next(), next, clock, put },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

Deno.test("outbox delivery: a connection that breaks at any message changes no order", async () => {
  const expected = Array.from({ length: 9 }, (_, i) => `${i}`);
  for (let first = 0; first < expected.length; first++) {
    for (let length = 1; length < 4; length++) {
      await using world = await open();
      const { server, delivery, put } = world;
      // From some message on the connection is broken: of what was under way the server took a
      // part.
      let broken: number | null = null;
      let left = length;
      server.fate = (attempt, text) => {
        if (broken === null && text === `${first}` && left-- > 0) broken = attempt;
        if (broken === null) return { arrives: true, error: null };
        // What was sent in the same go fails with it; the next go has a new connection.
        queueMicrotask(() => broken = null);
        return { arrives: attempt === broken, error: BROKEN };
      };
      const sent = expected.map((text) => delivery.delivered(put(text)));
      assertEquals(await Promise.all(sent), expected.map((_, i) => i + 1));
      assertEquals(server.texts, expected, `broken at ${first}, ${length} times`);
      assertEquals(world.profile.outbox.first(), []);
    }
  }
});

Deno.test("outbox delivery: what came later waits while something older fails", async () => {
  await using world = await open();
  const { server, delivery, put } = world;
  server.fate = () => ({ arrives: false, error: BROKEN });
  const first = delivery.delivered(put("one"));
  const second = delivery.delivered(put("two"));
  for (const sent of [first, second]) {
    assertEquals((await assertRejects(() => sent, ClientError)).code, "queued");
  }
  server.fate = () => ({ arrives: true, error: null });
  assertEquals(await delivery.delivered(put("three")), 3);
  assertEquals(server.texts, ["one", "two", "three"]);
});

Deno.test("outbox delivery: one that is refused for good is reported, others go on", async () => {
  await using world = await open();
  const { server, delivery, put } = world;
  const error = new ClientError("refused", "nobody", { cause: { error: "not-found" } });
  server.fate = (_, text) => ({ arrives: text !== "two", error: text === "two" ? error : null });
  for (const text of ["one", "two", "three"]) put(text);
  const refused = await delivery.flush();
  assertEquals(refused.map(({ item }) => fromUtf8(item.content)), ["two"]);
  assertEquals(server.texts, ["one", "three"]);
  assertEquals(await delivery.flush(), [], "once");

  const [kept, dropped] = [delivery.delivered(put("four")), delivery.delivered(put("two"))];
  assertEquals((await assertRejects(() => dropped, ClientError)).code, "refused");
  assertEquals(await kept, 3);
  assertEquals(await delivery.flush(), [], "whoever waited was told");
});

Deno.test("outbox delivery: one that may be taken later stays, and all behind it", async () => {
  await using world = await open();
  const { server, delivery, put } = world;
  const cause = { error: "failed", retryAfter: 60_000 };
  const error = new ClientError("refused", "later", { cause });
  server.fate = () => ({ arrives: false, error });
  const sent = delivery.delivered(put("one"));
  assertEquals((await assertRejects(() => sent, ClientError)).code, "queued");
  assertEquals(world.profile.outbox.first().length, 1);
  assertEquals((await assertRejects(() => delivery.flush(), ClientError)).code, "queued");
  server.fate = () => ({ arrives: true, error: null });
  assertEquals(await delivery.flush(), []);
  assertEquals(server.texts, ["one"]);
});

/** The refusal of a server where something is full. */
function full(retryAfter: number): ClientError {
  const cause = { error: "over-quota", retryAfter };
  return new ClientError("refused", "the mailbox is full", { cause });
}

Deno.test("outbox delivery: a full mailbox holds up its own messages alone, in order", async () => {
  await using world = await open();
  const { server, delivery, put } = world;
  const other = idOf(2);
  const isFor = (text: string) => text.startsWith("bob");
  server.fate = (_, text) => isFor(text) ? { arrives: false, error: full(60_000) } : ARRIVES;
  const bobs = [put("bob 1"), put("bob 2")];
  const [first, carol, second] = [
    delivery.delivered(bobs[0]),
    delivery.delivered(put("carol 1", other)),
    delivery.delivered(bobs[1]),
  ];
  const error = await assertRejects(() => first, ClientError);
  assertEquals(error.code, "queued");
  assertEquals(
    error.message,
    "the mailbox is full. The message is kept, and goes out with the first command after 60 s",
  );
  assertEquals((await assertRejects(() => second, ClientError)).code, "queued");
  assertEquals(await carol, 1);
  const third = delivery.delivered(put("bob 3"));
  assertEquals((await assertRejects(() => third, ClientError)).code, "queued");
  assertEquals(server.texts, ["carol 1"]);
  // One is asked for first; while it is refused the others do not pass it.
  world.clock.now += 60_000;
  const before = server.attempts;
  server.fate = (attempt) => attempt > before ? ARRIVES : { arrives: false, error: full(0) };
  assertEquals(await delivery.flush(), []);
  assertEquals([server.attempts - before, server.texts], [1, ["carol 1"]]);
  world.clock.now += 60_000; // as nobody said how long
  assertEquals(await delivery.flush(), []);
  assertEquals(server.texts, ["carol 1", "bob 1", "bob 2", "bob 3"]);
  assertEquals(world.profile.outbox.first(), []);
});

Deno.test("outbox delivery: what changes a message never passes it", async () => {
  const cause = { error: "failed", retryAfter: 60_000 };
  const later = new ClientError("refused", "later", { cause });
  for (const error of [later, full(60_000), BROKEN]) {
    await using world = await open();
    const { profile, server, clock, next, put } = world;
    const control = { edit: idOf(7) };
    const change = (text: string) => {
      const number = put(text);
      const entry = { peer: idOf(1), at: 1, stored: 1, contentId: idOf(8), body: { control } };
      const [item] = profile.outbox.first(number - 1);
      profile.outbox.remove(number);
      return profile.outbox.put({ ...item, history: profile.history.addSent(entry) });
    };
    let isRefused = true;
    server.fate = (_, text) => {
      if (isRefused && text === "text") return { arrives: false, error };
      return ARRIVES;
    };
    const delivery = next();
    put("text");
    change("edit");
    put("another");
    await delivery.flush().catch(() => {});
    assert(!server.texts.includes("edit"), `${error.message}: ${server.texts}`);
    isRefused = false;
    clock.now += 1e6;
    await next().flush();
    const inOrder = server.texts.filter((text) => text !== "another");
    assertEquals(inOrder, ["text", "edit"], error.message);
    assertEquals(profile.outbox.first(), []);
  }
});

Deno.test("outbox delivery: no later command asks before the time that it was told", async () => {
  await using world = await open();
  const { server, put, next, clock } = world;
  server.fate = () => ({ arrives: false, error: full(5_000) });
  put("one");
  const told = await next().flush();
  assertEquals(told.map(({ error }) => error.code), ["queued"]);
  clock.now += 4_999;
  assertEquals(await next().flush(), []);
  assertEquals(server.attempts, 1);
  clock.now += 1;
  server.fate = () => ARRIVES;
  assertEquals(await next().flush(), []);
  assertEquals(server.texts, ["one"]);
});

Deno.test("outbox delivery: a clock that was set back does not make it wait", async () => {
  await using world = await open();
  const { server, put, next, clock } = world;
  server.fate = () => ({ arrives: false, error: full(5_000) });
  put("one");
  await next().flush();
  clock.now -= 365 * 24 * 60 * 60 * 1000;
  server.fate = () => ARRIVES;
  await next().flush();
  assertEquals(server.texts, ["one"]);
});

Deno.test("outbox delivery: only what no later attempt can mend is dropped", async () => {
  const refusals = {
    "too-large": "refused",
    "forbidden": "refused",
    "not-found": "refused",
    "malformed": "refused",
    "over-quota": "queued",
  };
  for (const [error, code] of Object.entries(refusals)) {
    await using world = await open();
    const cause = { error, retryAfter: 0 };
    const refusal = new ClientError("refused", error, { cause });
    world.server.fate = () => ({ arrives: false, error: refusal });
    world.put("one");
    const [{ error: told }] = await world.delivery.flush();
    assertEquals(told.code, code);
    assertEquals(world.profile.outbox.first().length, code === "queued" ? 1 : 0, error);
  }
});

Deno.test("sender: earlier messages go first, also if the network returns meanwhile", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  await alice.send(server.address, "bob", "so that there is a session");
  // As long as the attempts of the first command, and those with which the second one begins.
  let cuts = 8;
  server.lie = ({ kind }) => kind === "send" && cuts-- > 0 ? (link) => link.cut() : undefined;
  assertEquals(await failure(alice.send(server.address, "bob", "one")), "queued");
  await alice.send(server.address, "bob", "two");
  assert(cuts < 0, "the network was back");
  assertEquals(await bob.receive(server.address), [
    "alice: so that there is a session",
    "alice: one",
    "alice: two",
  ]);
});
