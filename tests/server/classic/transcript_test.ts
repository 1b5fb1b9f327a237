/**
 * The recorded conversation of the original programs, its requests sent to our server. The
 * responses must be the recorded ones except for the IDs that a server chooses. Client IDs are
 * random, and message IDs count per mailbox; the original counted all messages of the server.
 */
import { type Bytes, fromHex, toHex } from "../../../shared/bytes.ts";
import { decodeRequest, decodeResponse } from "../../support/protocol/frames.ts";
import { encodeRequest, type Request } from "../../../shared/protocol/classic/requests.ts";
import { encodeResponse, type Response } from "../../../shared/protocol/classic/responses.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { readTranscript } from "../../support/vectors.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

/** Pairs the recording's IDs with ours. */
class Pairs {
  readonly #ours = new Map<string, string>();

  /** Ours for a recorded ID. One that nobody was given, such as zeros, stays what it is. */
  ours(recorded: Bytes): Bytes {
    return fromHex(this.#ours.get(toHex(recorded)) ?? toHex(recorded));
  }

  /** Notes which of our IDs stands for the recorded one. */
  pair(recorded: Bytes, ours: Bytes): void {
    assert(!this.#ours.has(toHex(recorded)), "the recording names each ID once");
    this.#ours.set(toHex(recorded), toHex(ours));
  }
}

/** The request that `recorded` is with our IDs. */
function ourRequest(recorded: Request, ids: Pairs): Request {
  const request = { ...recorded, clientId: ids.ours(recorded.clientId) };
  switch (request.kind) {
    case "public-key":
      return { ...request, target: ids.ours(request.target) };
    case "send":
      return { ...request, to: ids.ours(request.to) };
    default:
      return request;
  }
}

/** The response that `recorded` is with our IDs; `messageIds` pairs message IDs. */
function ourResponse(recorded: Response, ids: Pairs, messageIds: Map<number, number>): Response {
  switch (recorded.kind) {
    case "registered":
      return { ...recorded, clientId: ids.ours(recorded.clientId) };
    case "client-list": {
      const clients = recorded.clients.map(({ id, name }) => ({ id: ids.ours(id), name }));
      return { ...recorded, clients };
    }
    case "public-key":
      return { ...recorded, clientId: ids.ours(recorded.clientId) };
    case "sent":
      return {
        ...recorded,
        to: ids.ours(recorded.to),
        messageId: messageIds.get(recorded.messageId)!,
      };
    case "messages": {
      const messages = recorded.messages.map((message) => ({
        ...message,
        from: ids.ours(message.from),
        messageId: messageIds.get(message.messageId)!,
      }));
      return { ...recorded, messages };
    }
    case "failure":
      return recorded;
  }
}

Deno.test("the recorded conversation, byte for byte but for IDs", async () => {
  await using server = await ServerFixture.start();
  const ids = new Pairs();
  const messageIds = new Map<number, number>();
  const kinds = new Set<string>();
  for (const { step, exchanges } of readTranscript().steps) {
    for (const { request, response } of exchanges) {
      const recorded = decodeResponse(fromHex(response));
      // One connection for each request, as the original does it.
      const peer = await server.connect();
      await peer.send(encodeRequest(ourRequest(decodeRequest(fromHex(request)), ids)));
      const bytes = await peer.read(response.length / 2);
      peer.close();
      await server.connectionsLeft(0);

      const got = decodeResponse(bytes);
      if (recorded.kind === "registered" && got.kind === "registered") {
        ids.pair(recorded.clientId, got.clientId);
      }
      if (recorded.kind === "sent" && got.kind === "sent") {
        assert(!messageIds.has(recorded.messageId), "the recording names each message ID once");
        messageIds.set(recorded.messageId, got.messageId);
      }
      assertEquals(bytes, encodeResponse(ourResponse(recorded, ids, messageIds)), step);
      kinds.add(recorded.kind);
    }
  }
  assertEquals([...kinds].sort(), [
    "client-list",
    "failure",
    "messages",
    "public-key",
    "registered",
    "sent",
  ]);
});
