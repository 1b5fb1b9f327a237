import { UsageError } from "../../../shared/args.ts";
import { parseSize } from "../../../shared/size.ts";
import type { Args, Operands } from "../../../shared/command.ts";
import { clientCommand, type ClientContext } from "../command.ts";
import { connectionNotes } from "../connection_notes.ts";
import { INTERRUPTED, PROGRESS } from "../help.ts";
import { asksAboutNew, fromWelcome, NEW_CONTACTS } from "../new_contacts.ts";
import { OUT } from "../operands.ts";
import { NOTIFYING } from "../terminal/notifying.ts";

const OPTIONS = {
  out: OUT,
  "no-files": { help: "Fetch no files: only tell which ones wait" },
  "max-size": {
    value: "SIZE",
    help: "Fetch no files larger than this, such as 10M, 1.5G or 4GiB",
    parse: parseMaxSize,
  },
  follow: { help: "Keep going: show messages as they arrive, until Ctrl-C" },
  ...NEW_CONTACTS,
  ...NOTIFYING,
} as const;

/** Entries that are marked as read together. */
const MOST_SEEN = 256;

export const receive = clientCommand({
  name: "receive",
  options: OPTIONS,
  summary: "Collect and show the waiting messages",
  details:
    "Waiting files are fetched with the command fetch. So are those of strangers: clients whom\n" +
    "you never wrote to, added, verified or gave an alias. Files of classic clients come with\n" +
    "their messages. Those of strangers are not kept; those that --no-files or --max-size does\n" +
    "not take stay on the server for a later receive, and each receive reads them once, without\n" +
    "keeping them. To a classic profile all files come.\n\n" +
    "With --new-contacts refuse, what strangers write goes to the history and is not shown; of\n" +
    "each the card is told once.\n\n" +
    "Messages that cannot be opened, as after a backup was restored, are asked for again; the\n" +
    "exit code is still 0. They come later than others, with the time at which they were\n" +
    "written.\n\n" +
    "What it shows on a terminal counts as read; in a pipe, and with --json, see mark-read.\n\n" +
    "Requests for keys are answered. In a classic profile a message that cannot be decrypted is\n" +
    "reported, kept, and tried again when its sender has sent a key; the exit code is then 1.\n\n" +
    `${INTERRUPTED}\n\n${PROGRESS}`,
  stops: "the command",
  runsPrograms: (args) => args["on-message"] !== undefined,
  serves: ({ follow }) => follow,
  asks: asksAboutNew,
  menu: [{ key: "4", label: "Waiting messages" }],
  nothing: "No messages.",
  results: ["received", "notice", "unusable", "declined"],
  async *run(args, context) {
    const { client, progress, report, rich, options } = context;
    const { contactBook } = client;
    /** The entries that a person has seen, and that are not marked so. */
    const seen: number[] = [];
    const all = receiving(args, context);
    for await (const received of fromWelcome(all, args["new-contacts"], context)) {
      progress.clear();
      if (received.type === "problem") {
        report(received.error);
      } else if (received.type === "notice") {
        yield { kind: "notice", notice: received };
      } else {
        const from = contactBook.marked(received.from);
        if (received.type === "unusable") {
          yield { kind: "unusable", messages: { ...received, from } };
        } else if (received.type === "declined") {
          const { why, count, size } = received;
          yield { kind: "declined", contents: { from, why, count, size } };
        } else {
          const muted = client.conversations.isMuted(from.id) ? { muted: true } as const : {};
          yield { kind: "received", received: { ...received, from, ...muted } };
          if (rich && !options.json && received.entry !== undefined) seen.push(received.entry);
        }
      }
      if (args.follow || seen.length >= MOST_SEEN) await client.markSeen(seen.splice(0));
    }
    await client.markSeen(seen);
  },
});

async function* receiving(args: Args<Operands, typeof OPTIONS>, context: ClientContext) {
  const { out = ".", follow, "no-files": noFiles, "max-size": maxSize } = args;
  const { client, progress, note, signal, place } = context;
  /** The sizes of all files on their way, by number: there may be thousands, at each file. */
  const sizes = new Map<number, number>();
  const changed = new Set(client.activeTransfers());
  using _changes = client.events.on((event) => {
    if (event.kind === "transfer") changed.add(event.number);
  });
  progress.expect(() => {
    for (const number of changed) {
      const transfer = client.transfer(number);
      if (transfer?.state === "active") sizes.set(number, transfer.size);
      else sizes.delete(number);
    }
    changed.clear();
    return { files: sizes.size, size: sizes.values().reduce((sum, size) => sum + size, 0) };
  });
  const options = { files: noFiles ? "announce" : "fetch", maxSize, signal } as const;
  if (!follow) return yield* client.receive(place(out), progress.update, options);
  note("Waiting for messages; stop with Ctrl-C.");
  using _notes = connectionNotes(client.events, note);
  yield* client.follow(place(out), progress.update, options);
}

function parseMaxSize(text: string): number {
  const size = parseSize(text);
  if (size !== null) return size;
  throw new UsageError(`--max-size takes a size such as 10M, 1.5G or 4GiB, not "${text}"`);
}
