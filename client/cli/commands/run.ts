/** One command, run by the client's operations. What it gives is data; `ui/` shows it. */
import type { Client, Sent, TransferInfo } from "../../client.ts";
import type { Command } from "../command_line.ts";
import type { ContactBook } from "../../contacts/contact_book.ts";
import { fileFacts } from "../../transfers/transfer_files.ts";
import type { Progress, Work } from "../terminal/progress.ts";
import type { Output } from "../output/output.ts";
import type { Received } from "../../inbox/received.ts";
import type { ClientError } from "../../errors.ts";

/** Where a command meets its user. */
export interface CommandContext {
  progress: Progress;
  /** The text to send, where the command line has none. */
  readText(): Promise<string>;
  /** The file to send, where it has no path. */
  readInput(): AsyncIterable<Uint8Array>;
  /** Stops what is under way in a state from which it can go on. */
  signal?: AbortSignal;
  /** Tells of a problem that does not end the command, but makes it fail. */
  report(problem: ClientError): void;
  /** Tells something that the user may want to know. */
  note(text: string): void;
}

/** A command that works on a profile, by the client of that profile. */
export type ClientCommand = Exclude<
  Command,
  { name: "menu" | "test" | "server" | "passphrase" | "export" | "import" }
>;

/** A command on what the profile knows of other clients. */
type ContactCommand = Extract<
  ClientCommand,
  { name: "history" | "forget" | "verify" | "alias" | "block" | "unblock" | "card" | "add" }
>;

export async function* runCommand(
  command: ClientCommand,
  client: Client,
  context: CommandContext,
): AsyncGenerator<Output> {
  const { progress, readText, report } = context;
  const { contactBook } = client;
  switch (command.name) {
    case "register":
      yield { kind: "identity", identity: await client.register(command.as, command) };
      break;
    case "whoami":
      yield { kind: "identity", identity: client.whoami() };
      break;
    case "list":
      for (const entry of await client.list()) {
        yield { kind: "client", client: contactBook.marked(entry) };
      }
      break;
    case "key":
      yield { kind: "public-key", client: await client.publicKey(command.peer) };
      break;
    case "request-key":
      yield sentOutput(client, await client.requestKey(command.peer));
      break;
    case "send-key":
      yield sentOutput(client, await client.sendKey(command.peer));
      break;
    case "send": {
      client.whoami(); // before anyone types a text in vain
      const text = command.text ?? await readText();
      yield sentOutput(client, await client.sendText(command.peer, text));
      break;
    }
    case "send-file":
      yield* sendFiles(command, client, context);
      break;
    case "files":
      for (const transfer of client.files()) {
        yield { kind: "waiting", transfer: marked(contactBook, transfer) };
      }
      break;
    case "fetch":
      yield* fetchFile(command, client, context);
      break;
    case "transfers": {
      const { cancel } = command;
      if (cancel !== undefined) await client.cancelTransfer(cancel);
      for (const transfer of client.transfers()) {
        if (cancel !== undefined && transfer.number !== cancel) continue;
        yield { kind: "transfer", transfer: marked(contactBook, transfer) };
      }
      break;
    }
    case "receive":
      for await (const received of receiving(command, client, context)) {
        progress.clear();
        if (received.type === "problem") {
          report(received.error);
        } else if (received.type === "notice") {
          yield { kind: "notice", notice: received };
        } else {
          const from = contactBook.marked(received.from);
          yield { kind: "received", received: { ...received, from } };
        }
      }
      break;
    default:
      yield* runContactCommand(command, contactBook);
  }
}

async function* sendFiles(
  command: Command & { name: "send-file" },
  client: Client,
  { progress, readInput, signal }: CommandContext,
): AsyncGenerator<Output> {
  const inputs = "stdinAs" in command
    ? [{ name: command.stdinAs, content: readInput() }]
    : command.paths;
  const sizes: number[] = [];
  for (const file of inputs) {
    if (typeof file === "string") sizes.push((await fileFacts(file)).size);
  }
  let sent = 0;
  if (sizes.length > 0) {
    progress.expect(() => ({ ...workOf(sizes.slice(sent)), unbegun: sizes.length - sent - 1 }));
  }
  const options = { onProgress: progress.update, signal };
  for await (const result of client.sendFiles(command.peer, inputs, options)) {
    const file = inputs.length > 1 ? inputs[sent] : undefined;
    sent++;
    progress.clear();
    yield { ...sentOutput(client, result), path: typeof file === "string" ? file : undefined };
  }
}

async function* fetchFile(
  { number, out }: Command & { name: "fetch" },
  client: Client,
  { progress, signal }: CommandContext,
): AsyncGenerator<Output> {
  const file = await client.fetch(number, out, { onProgress: progress.update, signal });
  progress.clear();
  yield { kind: "fetched", file: { ...file, from: client.contactBook.marked(file.from) } };
}

/** A transfer whose other client is called as it is called here. */
function marked(contactBook: ContactBook, transfer: TransferInfo): TransferInfo {
  return { ...transfer, peer: contactBook.marked(transfer.peer) };
}

function workOf(sizes: readonly number[]): Work {
  return { files: sizes.length, size: sizes.reduce((sum, size) => sum + size, 0) };
}

async function* runContactCommand(
  command: ContactCommand,
  contactBook: ContactBook,
): AsyncGenerator<Output> {
  switch (command.name) {
    case "history": {
      const peer = contactBook.contact(command.peer);
      for (const entry of contactBook.history(command.peer, command.search)) {
        yield { kind: "history", entry, peer };
      }
      break;
    }
    case "forget": {
      const peer = contactBook.contact(command.peer);
      yield { kind: "forgotten", peer, count: contactBook.forget(command.peer) };
      break;
    }
    case "verify": {
      const { peer, confirm } = command;
      const trust = confirm ? contactBook.markVerified(peer) : contactBook.verify(peer);
      yield { kind: "trust", peer, trust: await trust };
      break;
    }
    case "alias":
      yield {
        kind: "client",
        client: await contactBook.setAlias(command.peer, command.alias),
      };
      break;
    case "block":
      yield { kind: "client", client: await contactBook.block(command.peer) };
      break;
    case "unblock":
      yield { kind: "client", client: await contactBook.unblock(command.peer) };
      break;
    case "card":
      yield { kind: "card", card: contactBook.card() };
      break;
    case "add":
      yield { kind: "client", client: await contactBook.add(command.card) };
      break;
  }
}

/** A result that calls the receiver as it is called here. */
function sentOutput({ contactBook }: Client, { message, to }: Sent): Output & { kind: "sent" } {
  return { kind: "sent", sent: { message, to: contactBook.marked(to) } };
}

function receiving(
  { out, follow, files: { fetch, maxSize } }: Command & { name: "receive" },
  client: Client,
  { progress, note, signal }: CommandContext,
): AsyncGenerator<Received> {
  progress.expect(() => workOf(client.transfers().filter(isActive).map(({ size }) => size)));
  const options = { files: fetch ? "fetch" : "announce", maxSize, signal } as const;
  if (!follow) return client.receive(out, progress.update, options);
  note("Waiting for messages; stop with Ctrl-C.");
  return client.follow(out, progress.update, (error, wait) => {
    progress.clear();
    const reason = error instanceof Error ? error.message : String(error);
    note(`${reason}. Next attempt in ${(wait / 1000).toFixed(1)} s.`);
  }, options);
}

function isActive({ state }: TransferInfo): boolean {
  return state === "active";
}
