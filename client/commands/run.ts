/** One command, run by the client's operations. What it gives is data; `ui/` shows it. */
import type { Client } from "../client.ts";
import type { Command } from "../cli.ts";
import type { Progress } from "../ui/progress.ts";
import type { Output } from "../ui/output.ts";
import type { Received } from "../inbox.ts";
import type { ClientError } from "../errors.ts";

/** Where a command meets its user. */
export interface CommandContext {
  progress: Progress;
  /** The text to send, where the command line has none. */
  readText(): Promise<string>;
  /** Tells of a problem that does not end the command, but makes it fail. */
  report(problem: ClientError): void;
  /** Tells something that the user may want to know. */
  note(text: string): void;
}

/** A command that works on a profile, by the client of that profile. */
export type ClientCommand = Exclude<Command, { name: "menu" | "test" | "server" }>;

export async function* runCommand(
  command: ClientCommand,
  client: Client,
  context: CommandContext,
): AsyncGenerator<Output> {
  const { progress, readText, report } = context;
  switch (command.name) {
    case "register":
      yield { kind: "identity", identity: await client.register(command.as, command) };
      break;
    case "whoami":
      yield { kind: "identity", identity: client.whoami() };
      break;
    case "list":
      for (const entry of await client.list()) yield { kind: "client", client: entry };
      break;
    case "key":
      yield { kind: "public-key", client: await client.publicKey(command.peer) };
      break;
    case "request-key":
      yield { kind: "sent", sent: await client.requestKey(command.peer) };
      break;
    case "send-key":
      yield { kind: "sent", sent: await client.sendKey(command.peer) };
      break;
    case "send": {
      client.whoami(); // before anyone types a text in vain
      const text = command.text ?? await readText();
      yield { kind: "sent", sent: await client.sendText(command.peer, text) };
      break;
    }
    case "send-file": {
      const sent = await client.sendFile(command.peer, command.path, progress.update);
      progress.stop();
      yield { kind: "sent", sent };
      break;
    }
    case "receive":
      for await (const received of receiving(command, client, context)) {
        progress.stop();
        if (received.type === "problem") report(received.error);
        else yield { kind: "received", received };
      }
      break;
  }
}

function receiving(
  { out, follow }: Command & { name: "receive" },
  client: Client,
  { progress, note }: CommandContext,
): AsyncGenerator<Received> {
  if (!follow) return client.receive(out, progress.update);
  note("Waiting for messages; stop with Ctrl-C.");
  return client.follow(out, progress.update, (error, wait) => {
    progress.stop();
    const reason = error instanceof Error ? error.message : String(error);
    note(`${reason}. Next attempt in ${(wait / 1000).toFixed(1)} s.`);
  });
}
