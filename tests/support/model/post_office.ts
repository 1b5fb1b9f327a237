/**
 * A server in memory for the model of sessions. It does what `shared/PROTOCOL.md` says of
 * mailboxes, prekeys and marks, unless the model tells it to hold back, repeat, change or lose
 * mail.
 */
import type {
  Message,
  Network,
  Polled,
  Receiver,
  SecureTransport,
} from "../../../client/network/transport.ts";
import { ClientError } from "../../../client/errors.ts";
import { type Bytes, equalBytes, toHex } from "../../../shared/bytes.ts";
import { COPY_MARK_SIZE } from "../../../shared/limits.ts";
import type { MessageType } from "../../../shared/protocol/codes.ts";
import type { SecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { type Prekey, PrekeyKind } from "../../../shared/protocol/prekey.ts";
import type { Faults } from "./faults.ts";

/** A message in a mailbox. */
export interface Mail {
  readonly from: Bytes;
  readonly to: Bytes;
  readonly messageId: number;
  readonly type: MessageType;
  readonly content: Bytes;
}

/** A client, as the server knows it. */
export interface Account {
  readonly id: Bytes;
  readonly name: string;
  readonly publicKey: Bytes;
  mark: Bytes;
  /** The largest ID that was ever published. */
  prekeyId: number;
  prekeys: readonly Prekey[];
  mailbox: readonly Mail[];
  /** What the next poll brings. */
  tray: readonly Mail[];
  nextId: number;
  /** The ID that the message with each token got. */
  readonly tokens: Map<string, number>;
}

export class PostOffice {
  readonly accounts: readonly Account[];
  /** All that was ever sent, in its order. */
  readonly log: Mail[] = [];

  constructor(accounts: readonly Account[]) {
    this.accounts = accounts.map((account) => ({ ...account, tokens: new Map(account.tokens) }));
  }

  static account(name: string, id: Bytes, publicKey: Bytes): Account {
    return {
      id,
      name,
      publicKey,
      mark: new Uint8Array(COPY_MARK_SIZE),
      prekeyId: 0,
      prekeys: [],
      mailbox: [],
      tray: [],
      nextId: 1,
      tokens: new Map(),
    };
  }

  /** @throws {ClientError} `refused` if no client has this ID */
  account(id: Bytes): Account {
    const account = this.accounts.find((other) => toHex(other.id) === toHex(id));
    if (account) return account;
    throw new ClientError("refused", "nobody", { cause: { error: "not-found" } });
  }

  /** Puts a message into a mailbox. Returns its ID. */
  send(from: Bytes, message: Message & { token?: Bytes }): number {
    const { to, type, content, token } = message;
    const account = this.account(to);
    const key = `${toHex(from)} ${toHex(token ?? new Uint8Array(0))}`;
    const before = account.tokens.get(key);
    if (before !== undefined) return before;
    const messageId = account.nextId++;
    account.tokens.set(key, messageId);
    const mail = { from, to, messageId, type, content };
    account.mailbox = [...account.mailbox, mail];
    this.log.push(mail);
    return messageId;
  }

  publish(owner: Account, prekeys: readonly Prekey[], replace: boolean): void {
    const smallest = Math.min(...prekeys.map(({ id }) => id));
    const kept = owner.prekeys.filter(({ id }) => !replace || id >= smallest);
    const added = prekeys.filter(({ id }) => id > owner.prekeyId);
    owner.prekeyId = Math.max(owner.prekeyId, ...added.map(({ id }) => id));
    const all = [...kept, ...added];
    // Of the kinds that are handed out repeatedly, the last one counts.
    owner.prekeys = all.filter(({ kind }, i) =>
      kind === PrekeyKind.oneTime || kind === PrekeyKind.oneTimeKem ||
      !all.some((other, later) => later > i && other.kind === kind)
    );
  }

  checkIn(owner: Account, mark: Bytes) {
    const before = owner.mark;
    owner.mark = mark;
    const left = (wanted: PrekeyKind) => owner.prekeys.filter(({ kind }) => kind === wanted).length;
    return {
      mark: before,
      prekeyId: owner.prekeyId,
      oneTimeLeft: left(PrekeyKind.oneTime),
      oneTimeKemLeft: left(PrekeyKind.oneTimeKem),
    };
  }

  /** A bundle, whose one-time prekeys are gone from then on. */
  draw(owner: Account): Prekey[] {
    const last = (wanted: PrekeyKind) => owner.prekeys.findLast(({ kind }) => kind === wanted);
    const first = (wanted: PrekeyKind) => owner.prekeys.find(({ kind }) => kind === wanted);
    const [signed, lastResort] = [last(PrekeyKind.signed), last(PrekeyKind.lastResort)];
    if (!signed || !lastResort) {
      throw new ClientError("refused", "no prekeys", { cause: { error: "not-found" } });
    }
    const [kem, oneTime] = [first(PrekeyKind.oneTimeKem), first(PrekeyKind.oneTime)];
    owner.prekeys = owner.prekeys.filter((prekey) => prekey !== kem && prekey !== oneTime);
    return [signed, kem ?? lastResort, ...oneTime ? [oneTime] : []];
  }
}

/** The network of one client of a {@link PostOffice}. */
export function networkOf(office: PostOffice, own: Account, faults: Faults): SecureNetwork {
  const secure: SecureTransport = {
    register: () => unused("registers"),
    list: () => {
      throw new Error("nobody lists");
    },
    named: async (name) =>
      await ask(faults, () => office.accounts.find((account) => account.name === name)),
    withIds: async (ids) =>
      await ask(
        faults,
        () => office.accounts.filter(({ id }) => ids.some((asked) => equalBytes(asked, id))),
      ),
    publicKey: async (clientId) =>
      await ask(faults, () => ({ clientId, publicKey: office.account(clientId).publicKey })),
    send: async (message) => await ask(faults, () => office.send(own.id, message)),
    sendStream: () => unused("streams"),
    poll: (receiver) => poll(own, receiver, faults),
    request: async (request) => await ask(faults, () => answer(office, own, request) as never),
    follow: () => unused("follows"),
    waits: () => unused("follows"),
  };
  return { transport: secure, secure, registering: () => secure };
}

/** A network whose owner is secure. */
export type SecureNetwork = Network & { secure: SecureTransport };

// deno-lint-ignore require-await -- what is thrown must come as a rejection
async function ask<T>(faults: Faults, act: () => T): Promise<T> {
  return faults.request(act);
}

function unused(verb: string): Promise<never> {
  return Promise.reject(new TypeError(`nobody ${verb} here`));
}

function answer(office: PostOffice, own: Account, request: SecureRequest) {
  switch (request.kind) {
    case "check-in":
      return { kind: "checked-in", ...office.checkIn(own, request.mark) };
    case "publish-prekeys":
      office.publish(own, request.prekeys, request.replace);
      return { kind: "prekeys-published" };
    case "fetch-prekeys": {
      const { target } = request;
      return { kind: "prekeys", clientId: target, prekeys: office.draw(office.account(target)) };
    }
    default:
      throw new TypeError(request.kind);
  }
}

async function poll(own: Account, receiver: Receiver, faults: Faults): Promise<Polled> {
  const mails = faults.request(() => own.tray);
  for (const { content, ...head } of mails) {
    let left = content;
    await receiver.store({ ...head, size: content.length }, {
      read: (into) => {
        const count = Math.min(into.length, left.length);
        into.set(left.subarray(0, count));
        left = left.slice(count);
        return Promise.resolve(count);
      },
    });
  }
  await receiver.flush();
  return {
    count: mails.length,
    // deno-lint-ignore require-await -- what is thrown must come as a rejection
    acknowledge: async () =>
      faults.request(() => {
        own.tray = own.tray.filter((mail) => !mails.includes(mail));
        const ids = new Set(mails.map(({ messageId }) => messageId));
        own.mailbox = own.mailbox.filter(({ messageId }) => !ids.has(messageId));
      }),
  };
}
