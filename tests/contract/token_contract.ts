/** The part of the storage contract that is about senders' tokens. */
import { type Bytes, utf8 } from "../../shared/bytes.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import {
  MESSAGE_OVERHEAD,
  TOKEN_OVERHEAD,
  UPKEEP_INTERVAL,
} from "../../server/storage/storage_options.ts";
import type { Content, Deposited } from "../../server/storage/messages.ts";
import { assertEquals } from "../support/assert.ts";
import {
  assertRefused,
  contractTest,
  type Engine,
  idOf,
  type Subject,
} from "./storage_contract.ts";

const DAY = 24 * 60 * 60 * 1000;
const TOKEN = new Uint8Array(16).fill(7);
const SENDER = idOf("sender");

function deposit(
  { storage }: Subject,
  to: Bytes,
  { token = TOKEN, from = SENDER, content = { inline: utf8("text") } as Content } = {},
): Promise<Deposited> {
  return storage.deposit({ from, to, type: MessageType.text, content, token });
}

export function tokenContract(engine: Engine): void {
  contractTest(engine, "a repeat stores nothing and gets the first ID", async (subject) => {
    const alice = await subject.register("alice");
    await subject.send(alice, "before");
    assertEquals(await deposit(subject, alice), { messageId: 2, repeated: false });
    assertEquals(await deposit(subject, alice), { messageId: 2, repeated: true });
    await subject.reopen();
    assertEquals(await deposit(subject, alice), { messageId: 2, repeated: true });
    assertEquals(await subject.waiting(alice), [1, 2]);
  });

  contractTest(engine, "repeats in one commit store one message", async (subject) => {
    const alice = await subject.register("alice");
    const all = await Promise.all(Array.from({ length: 20 }, () => deposit(subject, alice)));
    assertEquals(new Set(all.map(({ messageId }) => messageId)), new Set([1]));
    assertEquals(all.filter(({ repeated }) => !repeated).length, 1);
    assertEquals(await subject.waiting(alice), [1]);
  });

  contractTest(engine, "a repeat is known after the message is gone", async (subject) => {
    const alice = await subject.register("alice");
    await deposit(subject, alice);
    await subject.storage.acknowledge(alice, [1]);
    assertEquals(await deposit(subject, alice), { messageId: 1, repeated: true });
    assertEquals(await subject.waiting(alice), []);
  });

  contractTest(engine, "a repeat succeeds where the mailbox is full by now", async (subject) => {
    const alice = await subject.register("alice");
    await deposit(subject, alice);
    await assertRefused(subject.send(alice, "more"), "mailbox-full");
    assertEquals(await deposit(subject, alice), { messageId: 1, repeated: true });
  }, { maxMessages: 1 });

  contractTest(engine, "a refused deposit leaves its token free", async (subject) => {
    const alice = await subject.register("alice");
    await subject.send(alice, "first");
    await assertRefused(deposit(subject, alice), "mailbox-full");
    await assertRefused(deposit(subject, idOf("nobody")), "unknown-client");
    await subject.storage.acknowledge(alice, [1]);
    assertEquals(await deposit(subject, alice), { messageId: 2, repeated: false });
  }, { maxMessages: 1 });

  contractTest(engine, "a token for another receiver is refused", async (subject) => {
    const [alice, bob] = [await subject.register("alice"), await subject.register("bob")];
    await deposit(subject, alice);
    await assertRefused(deposit(subject, bob), "token-reused");
    assertEquals(await subject.waiting(bob), []);
  });

  contractTest(engine, "tokens are their sender's own", async (subject) => {
    const alice = await subject.register("alice");
    await deposit(subject, alice);
    const other = await deposit(subject, alice, { from: idOf("other") });
    assertEquals(other, { messageId: 2, repeated: false });
  });

  contractTest(engine, "tokens differ in each of their bytes", async (subject) => {
    const alice = await subject.register("alice");
    const tokens = Array.from({ length: 16 }, (_, i) => TOKEN.with(i, 0));
    for (const token of tokens) await deposit(subject, alice, { token });
    assertEquals(await subject.waiting(alice), tokens.map((_, i) => i + 1));
  });

  contractTest(engine, "a repeated blob leaves the first one needed", async (subject) => {
    const alice = await subject.register("alice");
    await deposit(subject, alice, { content: { blob: "first", size: 9 } });
    const { repeated } = await deposit(subject, alice, { content: { blob: "again", size: 9 } });
    assertEquals([repeated, await subject.storage.neededBlobs(["first", "again"])], [
      true,
      new Set(["first"]),
    ]);
  });

  contractTest(
    engine,
    "tokens are known for 7 days and forgotten some time later",
    async (subject) => {
      const alice = await subject.register("alice");
      subject.now = 100 * DAY;
      await deposit(subject, alice);
      subject.now = 107 * DAY;
      await subject.storage.forgetTokens();
      assertEquals(await deposit(subject, alice), { messageId: 1, repeated: true });
      subject.now = 110 * DAY;
      await subject.storage.forgetTokens();
      assertEquals(await deposit(subject, alice), { messageId: 2, repeated: false });
    },
  );

  contractTest(engine, "a token counts for its sender until it is forgotten", async (subject) => {
    const alice = await subject.register("alice");
    const token = (i: number) => TOKEN.with(0, i);
    const charged = async () => (await subject.storage.stats()).charged;
    const content = { inline: new Uint8Array(0) };
    for (let i = 1; i <= 4; i++) {
      await deposit(subject, alice, { token: token(i), content });
      assertEquals(await charged(), MESSAGE_OVERHEAD + i * TOKEN_OVERHEAD);
      await deposit(subject, alice, { token: token(i), content }); // a repeat counts once
      await subject.storage.acknowledge(alice, [i]);
      assertEquals(await charged(), i * TOKEN_OVERHEAD);
    }
    await assertRefused(deposit(subject, alice, { token: token(5), content }), "quota-full");
    const receiving = { from: SENDER, to: alice, token: token(5), size: 1 };
    await assertRefused(subject.storage.receive(receiving), "quota-full");
    await subject.send(alice, "", SENDER); // without a token there is room
    await deposit(subject, alice, { from: idOf("other"), content });
    await subject.reopen();
    await assertRefused(deposit(subject, alice, { token: token(5), content }), "quota-full");
    await subject.storage.unregister(alice);
    while (await subject.storage.removeRemains());
    assertEquals(await charged(), 5 * TOKEN_OVERHEAD);
    subject.now = 8 * DAY;
    while (await subject.storage.forgetTokens() > 0);
    assertEquals(await charged(), 0);
  }, { maxSenderSize: 4 * TOKEN_OVERHEAD + MESSAGE_OVERHEAD });

  contractTest(engine, "who has sent too much is told when to come back", async (subject) => {
    const alice = await subject.register("alice");
    const token = (i: number) => TOKEN.with(0, i);
    const send = (i: number, size: number) => {
      return deposit(subject, alice, {
        token: token(i),
        content: { inline: new Uint8Array(size) },
      });
    };
    for (let i = 1; i <= 10; i++) {
      await send(i, 0);
      await subject.storage.acknowledge(alice, [i]);
      subject.now = i * DAY / 10;
    }
    const sizes = [0, 3 * TOKEN_OVERHEAD, 5 * TOKEN_OVERHEAD];
    for (const [index, size] of sizes.entries()) {
      const refused = send(20 + index, size).then(() => 0, ({ retryAfter }) => retryAfter);
      const retryAfter = await refused;
      const asked = subject.now;
      const forgetAt = async (time: number) => {
        subject.now = time;
        while (await subject.storage.forgetTokens() > 0);
      };
      await forgetAt(asked + retryAfter - UPKEEP_INTERVAL - 1);
      await assertRefused(send(20 + index, size), "quota-full");
      await forgetAt(asked + retryAfter);
      await send(20 + index, size);
      await subject.storage.acknowledge(alice, [11 + index]);
    }
  }, { maxSenderSize: 10 * TOKEN_OVERHEAD + MESSAGE_OVERHEAD });

  contractTest(engine, "forgetting takes the old ones alone, however many", async (subject) => {
    const alice = await subject.register("alice");
    const token = (i: number) => new Uint8Array(new Uint32Array([i, 0, 0, 0]).buffer);
    const send = (i: number) => deposit(subject, alice, { token: token(i) });
    await Promise.all(Array.from({ length: 2_100 }, (_, i) => send(i)));
    subject.now = 5 * DAY;
    await send(5_000);
    subject.now = 9 * DAY;
    while (await subject.storage.forgetTokens() > 0);
    assertEquals(await send(5_000), { messageId: 2_101, repeated: true });
    for (const i of [0, 999, 1_000, 2_099]) assertEquals((await send(i)).repeated, false);
  }, { maxMessages: 10_000 });
}
