/** The table of PROTOCOL.md, "Unusable messages": each case, between two clients. */
import { type Bytes, concat } from "../../shared/bytes.ts";
import { verifyIdentity } from "../../shared/crypto/identity.ts";
import { MAX_ENVELOPE_SIZE } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { encodeContent } from "../../shared/session/content.ts";
import { encodeReset } from "../../shared/session/reset.ts";
import { sealEnvelope } from "../../shared/session/session.ts";
import { decodeSession } from "../../shared/session/session_state.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Conversation } from "../support/attack/conversation.ts";
import { type Party, random } from "../support/attack/parties.ts";
import { firstTable, partUnder, readDocument } from "../support/documents.ts";

interface Message {
  readonly from: Bytes;
  readonly type: MessageType;
  readonly content: Bytes;
}

/** Returns what Bob gets. */
type Case = (scene: Conversation) => Promise<Message> | Message;

const { text, keyRequest } = MessageType;

function garbage({ aliceId: from }: Conversation, first: number, size = 1500): Message {
  // It looks like an envelope as far as anyone can see who has no key.
  return { from, type: text, content: concat(new Uint8Array([first, 57, 0]), random(size - 3)) };
}

async function identityOf({ profile: { secureIdentity } }: Party) {
  assert(secureIdentity);
  return { ...await verifyIdentity(secureIdentity.publicKey), ...secureIdentity.secrets };
}

/** Seals a padded content in the session of Alice, who forgets that she did. */
async function sealed(scene: Conversation, padded: Bytes): Promise<Message> {
  const { alice, bob, aliceId: from, bobId } = scene;
  const session = decodeSession(alice.profile.sessions.load(bobId)[0].state);
  const route = { from: await identityOf(alice), to: await identityOf(bob), type: text };
  return { from, type: text, content: sealEnvelope(session, route, padded, random).envelope };
}

async function reset({ alice, bob, aliceId: from }: Conversation, time: number): Promise<Message> {
  const own = await identityOf(alice);
  const signed = await encodeReset(
    { time, messageIds: [] },
    own,
    await identityOf(bob),
    own.signing,
  );
  return { from, type: keyRequest, content: signed };
}

const CASES: Record<string, Case> = {
  "any message that names the receiver itself as its sender": (scene) => {
    return { ...garbage(scene, 3), from: scene.bobId };
  },
  "a repeat: an envelope with all bytes of one that was opened": async (scene) => {
    await scene.say("some text");
    const [message] = scene.mailbox;
    assertEquals(await scene.received(), ["alice: some text"]);
    return message;
  },
  "type 2, 3 or 4: a first byte other than `02` and `03`": (scene) => {
    return garbage(scene, 1);
  },
  "an envelope of more than 4 MiB": (scene) => ({
    ...garbage(scene, 3),
    content: new Uint8Array(MAX_ENVELOPE_SIZE + 1).fill(3),
  }),
  "an empty envelope: the server has lost its content": ({ aliceId: from }) => {
    return { from, type: text, content: new Uint8Array(0) };
  },
  "an envelope that opens in no session": (scene) => garbage(scene, 3),
  "an initial one, a prekey of which is unknown, or not known any more": (scene) => {
    return garbage(scene, 2);
  },
  "an initial one that does not open, whose EKa was agreed on before": ({ server, aliceId }) => {
    const first = server.requests.find((each) => each.kind === "send" && each.content[0] === 2);
    assert(first?.kind === "send");
    const content = first.content.with(-1, first.content.at(-1)! ^ 1) as Bytes;
    return { from: aliceId, type: text, content };
  },
  "an envelope that opens, with an invalid content": (scene) => sealed(scene, random(256)),
  "an envelope that opens, with an `id` that came before": (scene) => {
    const [{ contentId: id }] = [...scene.bob.profile.history.list(scene.aliceId)];
    assert(id);
    return sealed(scene, encodeContent({ id, at: 1, text: "again" }));
  },
  "a reset that is malformed, or has a wrong signature": (scene) => {
    return { from: scene.aliceId, type: keyRequest, content: random(73).with(0, 4) as Bytes };
  },
  "a reset with a `time` that is not larger than before": async (scene) => {
    const { from, type, content } = await reset(scene, 1000);
    scene.server.put(scene.bobId, { from, type, content });
    await scene.received();
    return await reset(scene, 1000);
  },
  "any message of a sender whom the user has blocked": (scene) => {
    scene.bob.profile.contacts.setBlocked(scene.aliceId, true);
    return garbage(scene, 3);
  },
};

/** What stands in the last column, and what Bob is told. */
const TOLD: Record<string, string[]> = {
  "nothing": [],
  "of an unknown form": ["alice: (1 unknown-form)"],
  "that it is too large": ["alice: (1 too-large)"],
  "that it is asked for": ["alice: (1 unreadable)"],
  "that it was lost": ["alice: (1 lost)"],
  "that it makes no sense": ["alice: (1 senseless)"],
  "that it is not valid": ["alice: (1 bad-reset)"],
};

const table = firstTable(partUnder(readDocument("shared/PROTOCOL.md"), "Unusable messages"));

for (const [name, session, isReset, told] of table) {
  Deno.test(`PROTOCOL.md, unusable: ${name}`, async () => {
    await using scene = await Conversation.underWay();
    const { bob, server, aliceId, bobId } = scene;
    const { from, type, content } = await CASES[name](scene);
    const before = bob.sessions(aliceId);
    const resets = () =>
      server.requests.filter((each) => each.kind === "send" && each.type === keyRequest).length;
    const resetsBefore = resets();
    server.put(bobId, { from, type, content });
    assertEquals(await scene.received(), TOLD[told]);
    assertEquals(scene.mailbox, [], "it is acknowledged");
    assertEquals(bob.sessions(aliceId).join() === before.join(), session !== "keeps step");
    assertEquals(resets() - resetsBefore, isReset === "yes" ? 1 : 0);
    await bob.restart();
    assertEquals(await scene.received(), [], "there is nothing left of it");
  });
}

Deno.test("PROTOCOL.md, unusable: none is sent here that the table lacks", () => {
  assertEquals(table.map(([name]) => name).toSorted(), Object.keys(CASES).toSorted());
});
