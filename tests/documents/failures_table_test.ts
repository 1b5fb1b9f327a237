/** The table of failures in PROTOCOL.md: each of them, caused on a real server. */
import { type Bytes, concat, toHex } from "../../shared/bytes.ts";
import { StorageError } from "../../shared/errors.ts";
import {
  FILE_OVERHEAD,
  MESSAGE_OVERHEAD,
  RECEIVER_OVERHEAD,
  TOKEN_OVERHEAD,
} from "../../server/storage/storage_options.ts";
import { FILE_CHUNK_SIZE, MAX_ENVELOPE_SIZE, MiB } from "../../shared/limits.ts";
import { ErrorCode } from "../../shared/protocol/codes.ts";
import { PrekeyKind } from "../../shared/protocol/prekey.ts";
import {
  encodeSecureRequest,
  secureHeader,
  type SecureRequest,
} from "../../shared/protocol/secure/requests.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { firstTable, partUnder, readDocument } from "../support/documents.ts";
import { sampleBytes } from "../support/pieces.ts";
import { prekeyOf, prekeysOf } from "../support/prekeys.ts";
import { newToken, type SecurePeer, Someone, textTo } from "../support/server/secure_peer.ts";
import { requestOf } from "../support/server/secure_requests.ts";
import { openUpload, putChunks, upload } from "../support/server/secure_uploads.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";
import { storageWith } from "../support/server/storage_with.ts";

/** A server with small limits, and two of the three clients that it takes. */
interface Scene {
  server: ServerFixture;
  alice: SecurePeer;
  bob: SecurePeer;
  /** A file of two chunks that alice has not begun to send. */
  blob: Bytes;
  /** What request 101 fails with. */
  fault: StorageError | null;
}

/** Prepares a failure. Returns who asks, and for what. */
type Cause = (scene: Scene) => Promise<[SecurePeer, SecureRequest | Bytes]>;

const SIZE = FILE_CHUNK_SIZE + 100;
const CONTENT = sampleBytes(SIZE);
/** What it counts for, with one receiver. */
const CHARGED = FILE_OVERHEAD + SIZE + RECEIVER_OVERHEAD;
const NOBODY = new Uint8Array(16).fill(7);
const LIST: SecureRequest = { kind: "list-clients", prefix: "", after: "" };

const LIMITS = {
  maxClients: 3,
  maxContentSize: 5 * MiB,
  maxDiscardSize: 6 * MiB,
  maxMailboxSize: 1_000,
  maxOneTimePrekeys: 2,
  prekeyBurst: 1,
  maxSenderSize: 2 * CHARGED,
  maxTotalSize: 3 * CHARGED,
  maxUploads: 2,
};

async function newcomer({ server }: Scene, name = "carol"): Promise<[SecurePeer, Someone]> {
  const who = await Someone.called(name);
  const peer = await server.open();
  await peer.login(who);
  return [peer, who];
}

function withId(id: Bytes, request: SecureRequest): Bytes {
  const bytes = encodeSecureRequest(request);
  bytes.set(id);
  return bytes;
}

const open = (blob: Bytes, size = SIZE): SecureRequest => ({ kind: "open-upload", blob, size });
const put = (blob: Bytes, chunk: number, bytes: Bytes): SecureRequest => {
  return { kind: "put-chunk", blob, chunk, bytes };
};
const get = (blob: Bytes, chunk = 0): SecureRequest => ({ kind: "get-chunk", blob, chunk });
const sharing = (blob: Bytes, receiver: Bytes): SecureRequest => {
  return { kind: "share", blob, receivers: [receiver] };
};

/** By request, failure and reason, as the table has them. */
const CAUSES: Record<string, Cause> = {
  "all but 112 | 9001 | nobody has logged in; the channel ends": async ({ server }) => [
    await server.open(),
    LIST,
  ],
  "all but 112 | 9002 | the ID in the header is neither zeros nor the client's own": (
    { alice, bob },
  ) => Promise.resolve([alice, withId(bob.who.id, LIST)]),
  "not 100, 112 | 9002 | the identity is not registered": async (scene) => [
    (await newcomer(scene))[0],
    LIST,
  ],
  "all | 9008 | the version is not 3; the channel ends": ({ alice }) => {
    return Promise.resolve([alice, encodeSecureRequest(LIST).with(16, 2)]);
  },
  "all | 9008 | the code is unknown": ({ alice }) => Promise.resolve([alice, requestOf(111)]),
  "all | 9008 | the payload, or its size, is none that this request can have": ({ alice }) => {
    return Promise.resolve([alice, concat(secureHeader(101, 1), new Uint8Array(1))]);
  },
  "all | 9009 | the server stops": (scene) => {
    scene.fault = new StorageError("closed", "closed");
    return Promise.resolve([scene.alice, LIST]);
  },
  "all | 9010 | the server failed": (scene) => {
    scene.fault = new StorageError("failed", "broken");
    return Promise.resolve([scene.alice, LIST]);
  },
  "all | 9006 | the server's disk is full": (scene) => {
    scene.fault = new StorageError("disk-full", "full");
    return Promise.resolve([scene.alice, LIST]);
  },
  "all but 112 | 9007 | too many requests, or bytes, of this client": ({ server, alice }) => {
    server.services.rates.requests.charge(toHex(alice.who.id), 200_000);
    return Promise.resolve([alice, { kind: "acknowledge", messageIds: [] }]);
  },
  "101, 102, 113 | 9007 | too many lookups of this client": ({ server, alice }) => {
    server.services.rates.lookups.charge(toHex(alice.who.id), 400);
    return Promise.resolve([alice, LIST]);
  },
  "112 login | 9002 | the channel has logged in before": async ({ alice }) => [
    alice,
    await alice.loginOf(alice.who),
  ],
  "112 login | 9001 | the public key is not a valid identity": async ({ server, alice }) => {
    const peer = await server.open();
    const login = await peer.loginOf(alice.who);
    return [peer, { ...login, publicKey: login.publicKey.with(159, 1) }];
  },
  "112 login | 9001 | the signature is not one for this channel": async ({ server, alice }) => [
    await server.open(),
    await alice.loginOf(alice.who),
  ],
  "112 login | 9002 | the ID in the header is neither zeros nor that of the public key": async (
    { server, alice, bob },
  ) => {
    const peer = await server.open();
    return [peer, withId(bob.who.id, await peer.loginOf(alice.who))];
  },
  "112 login | 9007 | the identity has 16 connections": async ({ server, alice }) => {
    for (let count = 1; count < 16; count++) await server.secure(alice.who);
    const peer = await server.open();
    return [peer, await peer.loginOf(alice.who)];
  },
  "100 register | 9008 | the name is not allowed": async (scene) => {
    const [peer, { publicKey }] = await newcomer(scene);
    return [peer, { kind: "register", name: "carol\u202e", publicKey }];
  },
  "100 register | 9002 | the public key is not the one that has logged in": async (scene) => {
    const [peer, { name }] = await newcomer(scene);
    return [peer, { kind: "register", name, publicKey: scene.bob.who.publicKey }];
  },
  "100 register | 9002 | the identity is registered under another name": ({ alice }) => {
    const { publicKey } = alice.who;
    return Promise.resolve([alice, { kind: "register", name: "alice again", publicKey }]);
  },
  "100 register | 9007 | something of an earlier client with this ID is left": async (
    { server, alice },
  ) => {
    server.services.remains.remove = () => {};
    await alice.request({ kind: "unregister" }, "unregistered");
    const { name, publicKey } = alice.who;
    return [alice, { kind: "register", name, publicKey }];
  },
  "100 register | 9007 | too many clients register from this address": async (scene) => {
    const address = { key: "127.0.0.1", network: null, exempt: false };
    while (scene.server.services.rates.registrations.take(address) === 0);
    const [peer, { name, publicKey }] = await newcomer(scene);
    return [peer, { kind: "register", name, publicKey }];
  },
  "100 register | 9006 | the server has as many clients as it takes": async (scene) => {
    await scene.server.secure("carol");
    const [peer, { name, publicKey }] = await newcomer(scene, "dave");
    return [peer, { kind: "register", name, publicKey }];
  },
  "100 register | 9002 | the server takes no new clients, or none without an invite code": async (
    scene,
  ) => {
    const [peer, { name, publicKey }] = await newcomer(scene);
    scene.server.services.registration = "invite";
    return [peer, { kind: "register", name, publicKey }];
  },
  "100 register | 9002 | the invite code is wrong, used up or too old": async (scene) => {
    const [peer, { name, publicKey }] = await newcomer(scene);
    scene.server.services.registration = "invite";
    return [peer, { kind: "register", name, publicKey, invite: newToken() }];
  },
  "101 list | 9002 | the server lists no clients": ({ server, alice }) => {
    server.services.directory = false;
    return Promise.resolve([alice, LIST]);
  },
  "100 register | 9004 | the name is taken, or looks like one that is": async (scene) => {
    const [peer, { publicKey }] = await newcomer(scene);
    return [peer, { kind: "register", name: "bob", publicKey }];
  },
  "113 name | 9003 | no client has this name": ({ alice }) => {
    return Promise.resolve([alice, { kind: "find-name", name: "nobody" }]);
  },
  "103 send | 9005 | the content is too large": ({ alice, bob }) => {
    return Promise.resolve([alice, textTo(bob.who.id, new Uint8Array(5 * MiB + 1))]);
  },
  "103 send | 9003 | the receiver is no client": ({ alice }) => {
    return Promise.resolve([alice, textTo(NOBODY, "text")]);
  },
  "103 send | 9005 | more than 4 MiB for a secure client": ({ alice, bob }) => {
    return Promise.resolve([alice, textTo(bob.who.id, new Uint8Array(MAX_ENVELOPE_SIZE + 1))]);
  },
  "103 send | 9008 | the token was used for another receiver": async ({ alice, bob }) => {
    const token = newToken();
    await alice.sendText(bob.who.id, "text", token);
    return [alice, textTo(alice.who.id, "text", token)];
  },
  "103 send | 9006 | the receiver's mailbox is full, or the sender's part of it": async (
    { alice, bob },
  ) => {
    await alice.sendText(bob.who.id, "x".repeat(60));
    return [alice, textTo(bob.who.id, "x".repeat(60))];
  },
  "103 send | 9006 | the tokens of the sender take its quota": async ({ server, alice, bob }) => {
    await server.services.storage.setQuota(alice.who.id, MESSAGE_OVERHEAD + 2 * TOKEN_OVERHEAD);
    for (let i = 1; i <= 2; i++) {
      await alice.sendText(bob.who.id, "");
      await bob.acknowledge(i);
    }
    return [alice, textTo(bob.who.id, "")];
  },
  "103 send | 9006 | too much of the sender, or of all senders, waits": async ({ alice, bob }) => {
    await upload(alice, newToken(), CONTENT, bob.who.id);
    await upload(alice, newToken(), CONTENT, bob.who.id);
    return [alice, textTo(bob.who.id, "text")];
  },
  "107 publish | 9006 | there would be too many one-time prekeys; none is taken": ({ alice }) => {
    const prekeys = prekeysOf(PrekeyKind.oneTime, 1, 3);
    return Promise.resolve([alice, { kind: "publish-prekeys", replace: false, prekeys }]);
  },
  "107 publish | 9006 | too much of the client, or of all clients, is stored": async (
    { server, alice, bob },
  ) => {
    await server.services.storage.setQuota(alice.who.id, 3100);
    await alice.request(textTo(bob.who.id, ""), "sent");
    await alice.publish([prekeyOf(PrekeyKind.lastResort, 1), prekeyOf(PrekeyKind.oneTimeKem, 2)]);
    const prekeys = [prekeyOf(PrekeyKind.signed, 3)];
    return [alice, { kind: "publish-prekeys", replace: false, prekeys }];
  },
  "107 publish | 9005 | the prekeys are larger than the client's quota": async (
    { server, alice },
  ) => {
    await server.services.storage.setQuota(alice.who.id, 100);
    const prekeys = [prekeyOf(PrekeyKind.signed, 3)];
    return [alice, { kind: "publish-prekeys", replace: false, prekeys }];
  },
  "109 fetch | 9007 | the client fetches too fast": async ({ alice, bob }) => {
    const fetch: SecureRequest = { kind: "fetch-prekeys", target: bob.who.id };
    await alice.refused(fetch);
    return [alice, fetch];
  },
  "109 fetch | 9003 | there is no such client": ({ alice }) => {
    return Promise.resolve([alice, { kind: "fetch-prekeys", target: NOBODY }]);
  },
  "109 fetch | 9003 | the client has no prekeys": ({ alice, bob }) => {
    return Promise.resolve([alice, { kind: "fetch-prekeys", target: bob.who.id }]);
  },
  "120 open | 9002 | the blob is another client's": async ({ alice, bob, blob }) => {
    await openUpload(alice, blob, SIZE);
    return [bob, open(blob)];
  },
  "120 open | 9008 | the blob has another size": async ({ alice, blob }) => {
    await openUpload(alice, blob, SIZE);
    return [alice, open(blob, SIZE + 1)];
  },
  "120 open | 9005 | the blob is larger than a sender's quota": ({ alice, blob }) => {
    return Promise.resolve([alice, open(blob, 2 * CHARGED)]);
  },
  "120 open | 9006 | the sender has too many blobs, or unfinished ones": async (
    { alice, blob },
  ) => {
    for (let i = 0; i < 2; i++) await openUpload(alice, newToken(), 16);
    return [alice, open(blob)];
  },
  "120 open | 9006 | too much of the sender, or of all senders, waits": async (
    { alice, bob, blob },
  ) => {
    await upload(alice, newToken(), CONTENT, bob.who.id);
    return [alice, open(blob, SIZE + RECEIVER_OVERHEAD + 17)];
  },
  "121 put | 9006 | too much of the sender, or of all senders, waits": async (
    { alice, bob, blob },
  ) => {
    await openUpload(alice, blob, 2 * SIZE);
    await upload(alice, newToken(), CONTENT.subarray(0, FILE_CHUNK_SIZE), bob.who.id);
    await putChunks(alice, blob, sampleBytes(2 * SIZE), 0, 1);
    return [alice, put(blob, 1, sampleBytes(FILE_CHUNK_SIZE))];
  },
  "121 put | 9003 | there is no such blob": ({ alice, blob }) => {
    return Promise.resolve([alice, put(blob, 1, sampleBytes(100))]);
  },
  "121 put | 9002 | the blob is another client's": async ({ alice, bob, blob }) => {
    await openUpload(alice, blob, SIZE);
    return [bob, put(blob, 1, sampleBytes(100))];
  },
  "121 put | 9008 | the blob has no such chunk, or not of this size": async ({ alice, blob }) => {
    await openUpload(alice, blob, SIZE);
    return [alice, put(blob, 0, sampleBytes(100))];
  },
  "121 put | 9008 | a chunk before it is missing": async ({ alice, blob }) => {
    await openUpload(alice, blob, SIZE);
    return [alice, put(blob, 1, sampleBytes(100))];
  },
  "122 share | 9008 | a receiver is the uploader": ({ alice, blob }) => {
    return Promise.resolve([alice, sharing(blob, alice.who.id)]);
  },
  "122 share | 9003 | there is no such blob": ({ alice, bob, blob }) => {
    return Promise.resolve([alice, sharing(blob, bob.who.id)]);
  },
  "122 share | 9002 | the blob is another client's": async ({ alice, bob, blob }) => {
    await openUpload(alice, blob, SIZE);
    return [bob, sharing(blob, alice.who.id)];
  },
  "122 share | 9008 | a chunk is missing": async ({ alice, bob, blob }) => {
    await openUpload(alice, blob, SIZE);
    return [alice, sharing(blob, bob.who.id)];
  },
  "122 share | 9003 | a receiver is no client": async ({ alice, blob }) => {
    await openUpload(alice, blob, SIZE);
    await putChunks(alice, blob, CONTENT);
    return [alice, sharing(blob, NOBODY)];
  },
  "122 share | 9006 | the blob has too many receivers, or too much waits": async (
    { alice, bob, blob },
  ) => {
    await upload(alice, newToken(), CONTENT, bob.who.id);
    const content = sampleBytes(SIZE + RECEIVER_OVERHEAD);
    await openUpload(alice, blob, content.length);
    await putChunks(alice, blob, content);
    return [alice, sharing(blob, bob.who.id)];
  },
  "123 get | 9003 | there is no such blob, or not for this client": async (
    { alice, bob, blob },
  ) => {
    await upload(alice, blob, CONTENT, bob.who.id);
    return [alice, get(blob)];
  },
  "123 get | 9008 | the blob has no such chunk": async ({ alice, bob, blob }) => {
    await upload(alice, blob, CONTENT, bob.who.id);
    return [bob, get(blob, 2)];
  },
  "123 get | 9003 | a chunk of the blob is damaged": async ({ server, alice, bob, blob }) => {
    await upload(alice, blob, CONTENT, bob.who.id);
    const path = `${server.folder}/chunks/${toHex(blob)}`;
    await Deno.writeFile(path, CONTENT.with(5, CONTENT[5] ^ 1));
    await bob.refused(get(blob));
    return [bob, get(blob, 1)]; // whichever is asked for
  },
  "125 state | 9003 | there is no such blob": ({ alice, blob }) => {
    return Promise.resolve([alice, { kind: "file-state", blob }]);
  },
  "125 state | 9002 | the blob is another client's": async ({ alice, bob, blob }) => {
    await upload(alice, blob, CONTENT, bob.who.id);
    return [bob, { kind: "file-state", blob }];
  },
};

/** The milliseconds that an entry of the last column stands for; null where only more than 0. */
const RETRY_TIMES: Record<string, number | null> = {
  "none": 0,
  "1 s": 1_000,
  "2 s": 2_000,
  "10 s": 10_000,
  "60 s": 60_000,
  "1 h": 3_600_000,
  "until it may": null,
};

const part = partUnder(readDocument("shared/PROTOCOL.md"), "14. Failures of requests");

for (const [request, failure, reason, retryTime] of firstTable(part)) {
  const row = `${request} | ${failure} | ${reason}`;
  Deno.test(`PROTOCOL.md, failures: ${row}`, async () => {
    const scene: Scene = { blob: newToken(), fault: null } as Scene;
    await using server = await ServerFixture.start({
      limits: LIMITS,
      errors: true, // damage and faults are logged
      services: ({ storage }) => ({
        storage: storageWith(storage, {
          clientsBehind: (...place) =>
            scene.fault ? Promise.reject(scene.fault) : storage.clientsBehind(...place),
        }),
      }),
    });
    Object.assign(scene, {
      server,
      alice: await server.secure("alice"),
      bob: await server.secure("bob"),
    });
    const [peer, asked] = await CAUSES[row](scene);
    await peer.send(asked);
    const { error, retryAfter } = await peer.expect("error");
    assertEquals(ErrorCode[error], Number(failure));
    const wait = RETRY_TIMES[retryTime];
    assert(wait === null ? retryAfter > 0 : retryAfter === wait, `${retryAfter} ms`);

    const loggedIn = reason !== "the channel has logged in before";
    const ends = reason.endsWith("the channel ends") || request === "112 login" && loggedIn;
    if (ends) return assert(await peer.ended());
    await peer.send({ kind: "acknowledge", messageIds: [] });
    await peer.next(); // an answer, of whatever kind
  });
}

Deno.test("PROTOCOL.md, failures: none is caused here that the table lacks", () => {
  const rows = firstTable(part).map((cells) => cells.slice(0, 3).join(" | "));
  assertEquals(rows.toSorted(), Object.keys(CAUSES).toSorted());
});
