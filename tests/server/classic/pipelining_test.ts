/** Requests that come in any pieces are answered in order. */
import fc from "fast-check";
import { type Bytes, concat, toHex, utf8 } from "../../../shared/bytes.ts";
import { decodeResponse } from "../../support/protocol/frames.ts";
import { decodeResponseHeader, RESPONSE_HEADER_SIZE } from "../../../shared/protocol/frame.ts";
import { assertEquals } from "../../support/assert.ts";
import { pieceSizes, runs } from "../../support/fuzz.ts";
import { cut, sampleBytes } from "../../support/pieces.ts";
import { type Peer, requestBytes } from "../../support/server/peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

const LARGE = sampleBytes(70_000); // goes into a file

/** Requests of every kind, and what each is answered with. Sends to bob, who never polls. */
function conversation(alice: Bytes, bob: Bytes, firstId: number) {
  const nobody = new Uint8Array(16);
  const steps: [Bytes, string][] = [
    [requestBytes(alice, { kind: "client-list" }), "client-list"],
    [
      requestBytes(alice, { kind: "send", to: bob, type: 3, content: utf8("one") }),
      `sent ${firstId}`,
    ],
    [requestBytes(nobody, { kind: "get-messages" }), "failure"],
    [requestBytes(alice, { kind: "public-key", target: bob }), `public-key ${toHex(bob)}`],
    [
      requestBytes(alice, { kind: "send", to: bob, type: 4, content: LARGE }),
      `sent ${firstId + 1}`,
    ],
    [requestBytes(alice, { kind: "get-messages" }), "messages"],
    [requestBytes(alice, { kind: "send", to: nobody, type: 4, content: LARGE }), "failure"],
    [
      requestBytes(alice, { kind: "send", to: bob, type: 1, content: utf8("") }),
      `sent ${firstId + 2}`,
    ],
  ];
  return {
    requests: steps.map(([request]) => request),
    answers: steps.map(([_, answer]) => answer),
  };
}

/** The responses in `bytes`, in a word or two each. */
function readAnswers(bytes: Bytes): string[] {
  const answers = [];
  for (let at = 0; at < bytes.length;) {
    const { size } = decodeResponseHeader(bytes.subarray(at, at + RESPONSE_HEADER_SIZE));
    const response = decodeResponse(bytes.subarray(at, at += RESPONSE_HEADER_SIZE + size));
    switch (response.kind) {
      case "sent":
        answers.push(`sent ${response.messageId}`);
        break;
      case "public-key":
        answers.push(`public-key ${toHex(response.clientId)}`);
        break;
      default:
        answers.push(response.kind);
    }
  }
  return answers;
}

async function twoClients(server: ServerFixture): Promise<{ alice: Bytes; bob: Bytes }> {
  const peer = await server.connect();
  const clients = { alice: await peer.register("alice"), bob: await peer.register("bob") };
  peer.close();
  return clients;
}

/** Sends each of `pieces` by a write of its own. Returns all that comes back until the end. */
async function exchange(peer: Peer, pieces: Bytes[]): Promise<Bytes> {
  const received = peer.rest();
  await peer.send(...pieces);
  await peer.endSending();
  return await received;
}

Deno.test("one after the other on one connection", async () => {
  await using server = await ServerFixture.start();
  const { alice, bob } = await twoClients(server);
  const peer = await server.connect();
  const { requests, answers } = conversation(alice, bob, 1);
  for (const [i, request] of requests.entries()) {
    await peer.send(request);
    const header = await peer.read(RESPONSE_HEADER_SIZE);
    const payload = await peer.read(decodeResponseHeader(header).size);
    assertEquals(readAnswers(concat(header, payload)), [answers[i]]);
  }
});

Deno.test("all in one write", async () => {
  await using server = await ServerFixture.start();
  const { alice, bob } = await twoClients(server);
  const { requests, answers } = conversation(alice, bob, 1);
  const received = await exchange(await server.connect(), [concat(...requests)]);
  assertEquals(readAnswers(received), answers);
});

Deno.test("byte by byte", async () => {
  // Inline contents alone, so that there are not too many bytes.
  await using server = await ServerFixture.start();
  const { alice, bob } = await twoClients(server);
  const { requests, answers } = conversation(alice, bob, 1);
  const small = [0, 1, 2, 3].map((i) => requests[i]);
  const received = await exchange(await server.connect(), cut(concat(...small), [1]));
  assertEquals(readAnswers(received), answers.slice(0, 4));
});

Deno.test("cut anywhere", async () => {
  await using server = await ServerFixture.start();
  const { alice, bob } = await twoClients(server);
  let firstId = 1;
  await fc.assert(
    fc.asyncProperty(pieceSizes(5000), async (sizes) => {
      const { requests, answers } = conversation(alice, bob, firstId);
      firstId += 3;
      const pieces = cut(concat(...requests), sizes.map((size) => size + 20));
      const received = await exchange(await server.connect(), pieces);
      assertEquals(readAnswers(received), answers);
    }),
    runs(15),
  );
});

Deno.test("a thousand requests in one write, answered while the peer reads slowly", async () => {
  await using server = await ServerFixture.start();
  const { alice, bob } = await twoClients(server);
  const count = 1000;
  const request = requestBytes(alice, { kind: "send", to: bob, type: 3, content: utf8("text") });
  const received = await exchange(
    await server.connect(),
    [concat(...Array.from({ length: count }, () => request))],
  );
  assertEquals(
    readAnswers(received),
    Array.from({ length: count }, (_, i) => `sent ${i + 1}`),
  );
});

Deno.test("many connections at a time, each answered in its own order", async () => {
  await using server = await ServerFixture.start();
  const { alice, bob } = await twoClients(server);
  const peers = await Promise.all(Array.from({ length: 20 }, () => server.connect()));
  const answers = await Promise.all(peers.map(async (peer, i) => {
    const content = utf8(`from ${i}`);
    const send = requestBytes(alice, { kind: "send", to: bob, type: 3, content });
    const key = requestBytes(alice, { kind: "public-key", target: i % 2 ? alice : bob });
    return readAnswers(await exchange(peer, [concat(send, key, send)]));
  }));
  const ids = new Set<number>();
  for (const [i, [first, key, second]] of answers.entries()) {
    assertEquals(key, `public-key ${toHex(i % 2 ? alice : bob)}`);
    const [a, b] = [first, second].map((answer) => Number(/^sent (\d+)$/.exec(answer)![1]));
    assertEquals(a < b, true);
    ids.add(a).add(b);
  }
  assertEquals(ids.size, 40);
});
