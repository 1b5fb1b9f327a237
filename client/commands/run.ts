/** One command, run by the client's operations. What it gives is data; `ui/` shows it. */
import type { Client } from "../client.ts";
import type { Command } from "../cli.ts";
import type { Progress } from "../ui/progress.ts";
import type { Output } from "../ui/output.ts";
import type { ClientError } from "../errors.ts";

/** Where a command meets its user. */
export interface CommandContext {
  progress: Progress;
  /** The text to send, where the command line has none. */
  readText(): Promise<string>;
  /** Tells of a problem that does not end the command. */
  report(problem: ClientError): void;
}

/** A command that works on a profile, by the client of that profile. */
export type ClientCommand = Exclude<Command, { name: "menu" | "test" }>;

export async function* runCommand(
  command: ClientCommand,
  client: Client,
  { progress, readText, report }: CommandContext,
): AsyncGenerator<Output> {
  switch (command.name) {
    case "register":
      yield { kind: "identity", identity: await client.register(command.as) };
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
      for await (const received of client.receive(command.out, progress.update)) {
        progress.stop();
        if (received.type === "problem") report(received.error);
        else yield { kind: "received", received };
      }
      break;
  }
}
