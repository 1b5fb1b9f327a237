/**
 * Bob's profile and client, an honest server inside the test, and Alice as someone who puts
 * whatever she likes into Bob's mailbox.
 */
import type { Client } from "../../../client/client.ts";
import type { Received } from "../../../client/inbox/received.ts";
import { Profile } from "../../../client/profile/profile.ts";
import type { Bytes } from "../../../shared/bytes.ts";
import { encryptCbc } from "../../../shared/crypto/classic/aes_cbc.ts";
import {
  type ClassicKeyPair,
  encryptText,
  generateClassicKeyPair,
  wrapSymmetricKey,
} from "../../../shared/crypto/classic/classic.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { tempFolder } from "../temp_folder.ts";
import { FakeServer, honest, type Script, type ServerState } from "./fake_server.ts";
import { idOf } from "../profile/database.ts";
import { networkOf } from "./network.ts";
import { newClient } from "../new_client.ts";

export const ALICE = idOf(0xa1);
export const BOB = idOf(0xb0);

const aliceKeys = await generateClassicKeyPair();
const bobKeys = await generateClassicKeyPair();

export class Mailbox implements AsyncDisposable {
  readonly state: ServerState = {
    clients: [{ id: ALICE, name: "alice", publicKey: aliceKeys.publicKey }],
    inbox: [],
    sent: [],
  };
  /** How the server acts; honest at first. */
  script: Script = honest(this.state);
  readonly server = new FakeServer((conn) => this.script(conn));
  /** The profile's folder. */
  readonly folder: string;
  /** Where received files go. */
  readonly out: string;
  profile: Profile;
  client: Client;
  /** The clock of the client. */
  now: () => number = () => Date.now();
  readonly #stack: AsyncDisposableStack;
  #messageId = 0;

  private constructor(folder: string, profile: Profile, stack: AsyncDisposableStack) {
    this.folder = folder;
    this.out = `${folder}/out`;
    this.profile = profile;
    this.client = this.#newClient();
    this.#stack = stack;
    stack.use(this.server);
    stack.defer(() => this.profile[Symbol.dispose]());
  }

  static async open(): Promise<Mailbox> {
    const stack = new AsyncDisposableStack();
    const { path } = stack.use(await tempFolder());
    const profile = await Profile.open(path);
    await profile.register({ id: BOB, name: "bob", privateKey: bobKeys.privateKey });
    return new Mailbox(path, profile, stack);
  }

  /** Makes all that the server lists contacts. */
  meetAll(): void {
    this.profile.contacts.put(this.state.clients.map(({ id, name }) => ({ id, name })));
  }

  /** Closes the profile and opens it again, as the next run of the client does. */
  async reopen(): Promise<void> {
    this.profile[Symbol.dispose]();
    this.profile = await Profile.open(this.folder);
    this.client = this.#newClient();
  }

  #newClient(): Client {
    const network = networkOf(this.profile, this.server.address);
    return newClient(this.profile, network, undefined, () => this.now());
  }

  /** Puts a message into the mailbox. Returns its ID. */
  put(type: MessageType, content: Bytes, { from = ALICE, messageId = this.#messageId + 1 } = {}) {
    this.#messageId = messageId;
    this.state.inbox.push({ from, messageId, type, content });
    return messageId;
  }

  async putText(key: Bytes, text: string, options?: Parameters<Mailbox["put"]>[2]) {
    return this.put(MessageType.text, await encryptText(key, text), options);
  }

  async putFile(key: Bytes, content: Bytes, options?: Parameters<Mailbox["put"]>[2]) {
    return this.put(MessageType.file, await encryptCbc(key, content), options);
  }

  async putKey(key: Bytes, options?: Parameters<Mailbox["put"]>[2]) {
    return this.put(MessageType.key, await wrapSymmetricKey(bobKeys.publicKey, key), options);
  }

  putKeyRequest(options?: Parameters<Mailbox["put"]>[2]) {
    return this.put(MessageType.keyRequest, new Uint8Array(0), options);
  }

  /** Receives to the end. */
  async receive(): Promise<Received[]> {
    return await Array.fromAsync(this.client.receive(this.out, () => {}));
  }

  /** Receives to the end. Returns one word for each message, or its text. */
  async told(): Promise<string[]> {
    return (await this.receive()).map(tell);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** One received message in a word or two. */
export function tell(received: Received): string {
  switch (received.type) {
    case "text":
      return `text ${received.text}`;
    case "problem":
      return `problem ${received.error.code}`;
    default:
      return received.type;
  }
}

/** The key pairs of both, which one test run makes once. */
export const keyPairs: { alice: ClassicKeyPair; bob: ClassicKeyPair } = {
  alice: aliceKeys,
  bob: bobKeys,
};
