/** The worked example of `shared/PROTOCOL.md`, computed again from its secrets. */
import { concat, fromHex, toHex } from "../../../shared/bytes.ts";
import { Channel } from "../../../shared/channel/channel.ts";
import { Handshake } from "../../../shared/channel/handshake.ts";
import { NX } from "../../../shared/channel/patterns.ts";
import { publicIdentity, secureClientId, signLogin } from "../../../shared/crypto/identity.ts";
import { X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { utf8 } from "../../../shared/bytes.ts";
import { encodeRequestHeader, encodeResponseHeader } from "../../../shared/protocol/frame.ts";
import { encodeSecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { encodeSecureResponse } from "../../../shared/protocol/secure/responses.ts";
import { assertEquals } from "../../support/assert.ts";

const SPECIFICATION = new URL("../../../shared/PROTOCOL.md", import.meta.url);
const NOTHING = { read: () => Promise.resolve(null) };

/** The `name = hex` entries of the example, whose values may go over several lines. */
function readExample(): Map<string, string> {
  const text = Deno.readTextFileSync(SPECIFICATION);
  const block = /### A handshake and a login[\s\S]*?```text\n([\s\S]*?)```/.exec(text)?.[1];
  if (block === undefined) throw new Error("the specification has lost its example");
  const values = new Map<string, string>();
  let name = "";
  for (const line of block.split("\n")) {
    const entry = /^(\S.*?) += +(.*)$/.exec(line);
    if (entry) name = entry[1];
    const hex = (entry ? entry[2] : line).replaceAll(" ", "");
    if (hex) values.set(name, (values.get(name) ?? "") + hex);
  }
  return values;
}

/** All that the example shows, made from its secrets alone. */
async function compute(secrets: Map<string, string>): Promise<Map<string, string>> {
  const secret = (name: string) => fromHex(secrets.get(name) ?? "");
  const prologue = utf8("messaging-system/3");
  const staticKey = new X25519KeyPair(secret("server static secret"));
  const client = new Handshake({
    pattern: NX,
    initiator: true,
    prologue,
    ephemeralKey: new X25519KeyPair(secret("client ephemeral secret")),
  });
  const server = new Handshake({
    pattern: NX,
    initiator: false,
    prologue,
    staticKey,
    ephemeralKey: new X25519KeyPair(secret("server ephemeral secret")),
  });
  const first = client.writeMessage();
  server.readMessage(first);
  const second = server.writeMessage();
  client.readMessage(second);
  const [clientEnd, serverEnd] = [client.finish(), server.finish()];

  const records: Uint8Array[] = [];
  const sink = { write: (bytes: Uint8Array) => Promise.resolve(void records.push(bytes.slice())) };
  const fromClient = new Channel(clientEnd, NOTHING, sink);
  const fromServer = new Channel(serverEnd, NOTHING, sink);
  const identity = { signing: secret("signing secret"), agreement: secret("agreement secret") };
  const publicKey = await publicIdentity(identity);
  const signature = await signLogin(identity, clientEnd.hash);
  const login = encodeSecureRequest({ kind: "login", publicKey, signature });
  const answer = encodeSecureResponse({ kind: "logged-in", registered: false });
  await fromClient.write(login);
  await fromServer.write(answer);

  const clientId = new Uint8Array(16);
  const requestHeader = { clientId, version: 3, code: 110, size: first.length };
  const responseHeader = { version: 3, code: 1110, size: second.length };
  return new Map(
    Object.entries({
      "server static key": staticKey.publicKey,
      "request 110": concat(encodeRequestHeader(requestHeader), first),
      "response 1110": concat(encodeResponseHeader(responseHeader), second),
      "handshake hash": clientEnd.hash,
      "identity": publicKey,
      "client ID": secureClientId(publicKey),
      "login signature": signature,
      "request 112": login,
      "record": records[0],
      "response 1112": answer,
      "its record": records[1],
    }).map(([name, bytes]) => [name, toHex(bytes)]),
  );
}

Deno.test("PROTOCOL.md: the worked example of the secure protocol is right", async () => {
  const example = readExample();
  const computed = await compute(example);
  for (const [name, hex] of computed) assertEquals(example.get(name), hex, name);
  const secrets = [...example.keys()].filter((name) => name.endsWith("secret"));
  assertEquals([...example.keys()].length, secrets.length + computed.size);
});
