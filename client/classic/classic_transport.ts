import { type Bytes, equalBytes } from "../../shared/bytes.ts";
import { ProtocolError } from "../../shared/errors.ts";
import {
  CLASSIC_REQUESTS,
  type ClassicReply,
  encodeRequest,
  encodeSendPrefix,
  type RequestBody,
  SEND_PREFIX_SIZE,
} from "../../shared/protocol/classic/requests.ts";
import { CLASSIC_VERSION } from "../../shared/protocol/codes.ts";
import { encodeRequestHeader, RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import { ClientError } from "../errors.ts";
import type { Address } from "../network/address.ts";
import { connect } from "../network/connect.ts";
import { explainFailure, isNetworkError, noAnswer } from "../network/failures.ts";
import { receiveMessages } from "../network/receive_messages.ts";
import type { Patience } from "../network/silence.ts";
import type {
  ListedClient,
  Message,
  Polled,
  Receiver,
  StreamedMessage,
  Transport,
} from "../network/transport.ts";
import { ClassicLink } from "./classic_link.ts";

/** The classic protocol over TCP: one connection a request, as the original client has it. */
export class ClassicTransport implements Transport {
  readonly #address: Address;
  readonly #clientId: Bytes;
  readonly #patience: Patience;

  /**
   * Speaks for the client with the ID `clientId`; zeros if it has none yet.
   * @throws {ClientError} `wrong-server` if the address demands a key: no server can prove it here
   */
  constructor(address: Address, clientId: Bytes, patience: Patience = {}) {
    if (address.key) {
      throw new ClientError(
        "wrong-server",
        "the address demands a key (#), which a server cannot prove to a classic client; use a " +
          "secure identity, or leave the key out of the address",
      );
    }
    this.#address = address;
    this.#clientId = clientId;
    this.#patience = patience;
  }

  async register(name: string, publicKey: Bytes): Promise<Bytes> {
    return (await this.#request({ kind: "register", name, publicKey })).clientId;
  }

  async *list(prefix: string): AsyncGenerator<ListedClient[]> {
    yield (await this.#all()).filter(({ name }) => name.startsWith(prefix));
  }

  async named(name: string): Promise<ListedClient | undefined> {
    return (await this.#all()).find((client) => client.name === name);
  }

  async withIds(ids: readonly Bytes[]): Promise<ListedClient[]> {
    return (await this.#all()).filter(({ id }) => ids.some((wanted) => equalBytes(wanted, id)));
  }

  /** The classic protocol has but one list, of all. */
  async #all(): Promise<ListedClient[]> {
    return (await this.#request({ kind: "client-list" })).clients;
  }

  async publicKey(target: Bytes): Promise<{ clientId: Bytes; publicKey: Bytes }> {
    return await this.#request({ kind: "public-key", target });
  }

  async send(message: Message): Promise<number> {
    return (await this.#request({ kind: "send", ...message })).messageId;
  }

  async #request<R extends RequestBody>(request: R): Promise<ClassicReply<R["kind"]>> {
    const bytes = encodeRequest({ clientId: this.#clientId, version: CLASSIC_VERSION, ...request });
    return await this.#connected(async (link) => {
      await link.write(bytes);
      return await link.reply<R["kind"]>(request.kind);
    });
  }

  async sendStream({ to, type, size, content }: StreamedMessage): Promise<number> {
    const header = {
      clientId: this.#clientId,
      version: CLASSIC_VERSION,
      code: CLASSIC_REQUESTS.of.send.code,
      size: SEND_PREFIX_SIZE + size,
    };
    return await this.#connected(async (link) => {
      try {
        await link.write(encodeRequestHeader(header));
        await link.write(encodeSendPrefix({ to, type, size }));
        for await (const chunk of content) await link.write(chunk);
      } catch (error) {
        // A server that refuses answers at once and stops reading. Its answer is the better error.
        if (isNetworkError(error)) return (await link.reply("send", error)).messageId;
        throw error;
      }
      return (await link.reply("send")).messageId;
    });
  }

  /**
   * See {@link Transport.poll}. The server deletes the messages as soon as all are on the disk, so
   * there is nothing to acknowledge.
   */
  async poll(receiver: Receiver): Promise<Polled> {
    const count = await this.#poll(receiver);
    return { count, acknowledge: () => Promise.resolve() };
  }

  async #poll(receiver: Receiver): Promise<number> {
    const clientId = this.#clientId;
    const asker = { clientId, version: CLASSIC_VERSION };
    // A connection that ends inside a request tells the server that the response before it was not
    // taken, even if it ends because this process was killed. So the first byte of a further
    // request goes out before the last byte of the response is taken, and the others once all is on
    // the disk. Any request would do.
    const further = encodeRequest({ ...asker, kind: "public-key", target: clientId });
    return await this.#connected(async (link) => {
      await link.write(encodeRequest({ ...asker, kind: "get-messages" }));
      link.pauseAfter(RESPONSE_HEADER_SIZE);
      const { size } = await link.header("get-messages");
      if (size === 0) return 0;
      link.pauseAfter(size - 1, () => ifPossible(link.write(further.subarray(0, 1))));
      let count: number;
      try {
        count = (await receiveMessages(link, size, receiver)).length;
        await receiver.flush();
      } catch (error) {
        await ifPossible(link.write(further.subarray(0, 1)));
        await receiver.flush().catch(() => {}); // the first error is the one to report
        throw error;
      }
      // If this fails nothing is lost: a server that takes one request per connection has deleted
      // the messages. Any other delivers them again, and they are recognised.
      await ifPossible(link.write(further.subarray(1)).then(() => link.reply("public-key")));
      return count;
    });
  }

  async #connected<T>(use: (link: ClassicLink) => Promise<T>): Promise<T> {
    const link = new ClassicLink(await connect(this.#address, this.#patience), this.#patience);
    try {
      return await use(link);
    } catch (error) {
      throw link.timedOut ? noAnswer(this.#address) : explainFailure(error, this.#address);
    } finally {
      link.close();
    }
  }
}

/** Waits for what may fail because of the other side. */
async function ifPossible(step: Promise<unknown>): Promise<void> {
  try {
    await step;
  } catch (error) {
    const expected = isNetworkError(error) || error instanceof ProtocolError ||
      error instanceof ClientError;
    if (!expected) throw error;
  }
}
