/** Messages that cannot be sealed fail alone, and leave nothing behind. */
import type { Message, SecureTransport } from "../../../client/network/transport.ts";
import { ClientError } from "../../../client/errors.ts";
import { Profile } from "../../../client/profile/profile.ts";
import { type Draft, Sender } from "../../../client/sessions/sender.ts";
import type { Sessions } from "../../../client/sessions/sessions.ts";
import { fromUtf8, utf8 } from "../../../shared/bytes.ts";
import type { Identity } from "../../../shared/crypto/identity.ts";
import { MAX_ENVELOPE_SIZE } from "../../../shared/limits.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import type { Content } from "../../../shared/session/content.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { idOf } from "../../support/profile/database.ts";
import { randomBytes } from "../../support/profile/vault_of.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const BOB = idOf(2);

/** A sender whose sessions leave contents as they are, and cannot seal the text "bad". */
async function open() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const profile = stack.use(await Profile.open(folder.path));
  const texts: string[] = [];
  const transport = {
    send: ({ content }: Message) => Promise.resolve(texts.push(fromUtf8(content) ?? "")),
  };
  const sessions = {
    commit: <T>(change: () => T) => profile.transaction(change),
    seal: (_to: Identity, _type: MessageType, { text = "" }: Content) => {
      if (text === "bad") throw new RangeError("there is no session with this client");
      return utf8(text);
    },
  };
  const sender = new Sender({
    profile,
    transport: transport as unknown as SecureTransport,
    sessions: sessions as unknown as Sessions,
    random: randomBytes,
    now: () => 1,
  });
  const send = (text: string) => {
    const to = { clientId: BOB } as unknown as Identity;
    const content = { id: sender.newContentId(), at: 1, text };
    return sender.send({ to, type: MessageType.text, content, body: { text } } satisfies Draft);
  };
  const kept = () => [...profile.history.list(BOB)].map(({ body }) => "text" in body && body.text);
  return { profile, texts, send, kept, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

Deno.test("sender: a lone message that cannot be sealed fails, and is not kept", async () => {
  await using world = await open();
  await assertRejects(() => world.send("bad"), RangeError);
  assertEquals([world.texts, world.kept(), world.profile.outbox.first()], [[], [], []]);
  assertEquals(await world.send("good"), 1);
});

Deno.test("sender: one that cannot be sealed fails alone, others keep their order", async () => {
  await using world = await open();
  const outcomes = await Promise.allSettled(["one", "bad", "two", "three"].map(world.send));
  assertEquals(outcomes.map(({ status }) => status === "fulfilled"), [true, false, true, true]);
  assertEquals(world.texts, ["one", "two", "three"]);
  assertEquals(world.kept(), ["one", "two", "three"]);
});

Deno.test("sender: an envelope too large to be opened is refused with size and limit", async () => {
  await using world = await open();
  const text = "x".repeat(MAX_ENVELOPE_SIZE + 1);
  const error = await assertRejects(() => world.send(text), ClientError);
  assertEquals(error.code, "bad-text");
  assertEquals(error.message.match(/\d+/g), [`${MAX_ENVELOPE_SIZE + 1}`, `${MAX_ENVELOPE_SIZE}`]);
  assertEquals([world.texts, world.kept()], [[], []]);
  assertEquals(await world.send("x".repeat(MAX_ENVELOPE_SIZE)), 1);
});
