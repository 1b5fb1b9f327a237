/** The help of the command line. */
import type { CommandName } from "./cli.ts";

interface CommandHelp {
  /** What must follow the command; what may, in brackets. */
  operands: string[];
  summary: string;
  details: string;
}

/** Every command, in the order in which they are shown. */
export const COMMANDS: Record<CommandName, CommandHelp> = {
  "menu": {
    operands: [],
    summary: "The interactive menu; the default",
    details: "Reads its choices from standard input, a line each.",
  },
  "register": {
    operands: ["NAME"],
    summary: "Make a new identity and register it",
    details:
      "NAME has 2 characters to 254 bytes. The identity is kept in the profile; with --server\n" +
      "the address is kept in server.info, too.\n\nOptions:\n" +
      "  --classic          Make an identity of the old, unauthenticated protocol (in me.info)",
  },
  "whoami": {
    operands: [],
    summary: "Show the profile's own ID and name",
    details: "Asks no server.",
  },
  "list": {
    operands: [],
    summary: "List all other clients",
    details:
      "One a line: ID, name, alias, and what is to be known of the client: unauthenticated (it\n" +
      "speaks the old protocol, and anybody could act in its name), verified, blocked.",
  },
  "key": {
    operands: ["NAME"],
    summary: "Show a client's public key",
    details: "160 bytes, in hex: of a secure client its identity, of a classic one RSA-1024 in\n" +
      "SubjectPublicKeyInfo DER.",
  },
  "request-key": {
    operands: ["NAME"],
    summary: "Ask a classic client for a key",
    details: "It answers when it next receives its messages.",
  },
  "send-key": {
    operands: ["NAME"],
    summary: "Send a classic client a key",
    details: "Rarely needed: send and send-file do it by themselves where no key is known.",
  },
  "send": {
    operands: ["NAME", "[TEXT]"],
    summary: "Send a text",
    details: "Without TEXT, or with -, the text is read from standard input, up to its end; one\n" +
      "line end at its end is left out. At most 1 MiB of UTF-8.\n\n" +
      "Where the server cannot be reached now, the text for a secure client is kept and sent by\n" +
      "the next command that reaches it; the exit code is 1 then.",
  },
  "send-file": {
    operands: ["NAME", "PATH"],
    summary: "Send a file",
    details: "Up to 1 GiB. Its name is not sent.",
  },
  "receive": {
    operands: [],
    summary: "Collect and show the waiting messages",
    details:
      "Options:\n  --out DIR          Folder for received files (default: the current folder)\n" +
      "  --follow           Go on: show messages as they come, until stopped with Ctrl-C\n\n" +
      "Answers requests for keys. A message that cannot be decrypted is reported, kept, and\n" +
      "tried again when its sender has sent a key; the exit code is 1 then.",
  },
  "history": {
    operands: ["NAME"],
    summary: "Show what was sent to a client and received from it",
    details: "Asks no server. Times are local. A file is told by its name and size.\n\nOptions:\n" +
      "  --search WORD      Only what holds WORD, in upper or lower case",
  },
  "forget": {
    operands: ["NAME"],
    summary: "Delete the history with a client",
    details: "Here, not at the other side. Asks no server, and cannot be undone.",
  },
  "verify": {
    operands: ["NAME"],
    summary: "Show the safety number to compare with a contact",
    details:
      "Both see the same 60 digits, or nobody must trust the keys: compare them face to face or\n" +
      "on the telephone, not in messages. On a terminal there is a QR code, too.\n\nOptions:\n" +
      "  --yes              They are the same: mark the contact as verified",
  },
  "alias": {
    operands: ["NAME", "[ALIAS]"],
    summary: "Call a client by another name here",
    details:
      "ALIAS can be used instead of NAME from then on; nobody else sees it. Without ALIAS\n" +
      "it is removed.",
  },
  "block": {
    operands: ["NAME"],
    summary: "Show nothing more of a client",
    details: "Its messages are taken from the server and dropped.",
  },
  "unblock": {
    operands: ["NAME"],
    summary: "Take a block back",
    details: "What came meanwhile does not come back.",
  },
  "card": {
    operands: [],
    summary: "Show the own card, NAME#ID, to be given to others",
    details: "Whoever adds it is certain of the keys that belong to it. Asks no server.",
  },
  "add": {
    operands: ["CARD"],
    summary: "Add a contact by its card",
    details: "CARD is NAME#ID, as the command card shows it. The server must give the keys that\n" +
      "belong to this ID; whoever else has that name there is not meant.",
  },
  "passphrase": {
    operands: ["set|change|remove"],
    summary: "Protect the profile by a passphrase",
    details:
      "Without it nothing in the profile can be read, and it cannot be restored. It is asked\n" +
      "for on the terminal, by every command, or taken from the environment:\n\n" +
      "  MESSAGING_PASSPHRASE      The passphrase; for set, the new one\n" +
      "  MESSAGING_NEW_PASSPHRASE  For change, the new one",
  },
  "export": {
    operands: ["FILE"],
    summary: "Write the whole profile to a file",
    details:
      "Always under a passphrase: the profile's own, or one that is asked for (see passphrase).\n" +
      "To move the profile: import FILE at the new place, and use it at the old one no more. A\n" +
      "profile must not be used at two places at a time.",
  },
  "import": {
    operands: ["FILE"],
    summary: "Make a profile of an exported one",
    details: "Into the folder of --profile, which must not hold a profile yet. Asks no server.",
  },
  "server": {
    operands: ["[forget]"],
    summary: "Show the server's address and key",
    details:
      "The key is the one seen at the first contact, or demanded by HOST:PORT#KEY; a server\n" +
      "that shows another is refused. With forget, the next key that the server shows is\n" +
      "accepted: do this only when its operator has told you that the key has changed.",
  },
  "test": {
    operands: [],
    summary: "Run automatic tests against the server",
    details:
      "Registers a few clients with random names, which stay on the server. The profile is\n" +
      "not touched.",
  },
};

const GLOBAL_HELP = `Global options:
  --profile DIR      Folder of the profile (default: the current folder)
  --server HOST:PORT Server's address (default: server.info in the profile). With
                     HOST:PORT#KEY the server must have this key, see
                     messaging-server fingerprint
  --json             Results as JSON, one object a line
  --quiet            Nothing on standard error but errors
  -h, --help         Show this help, or that of a command
  --version          Show the version`;

/** The help of one command, or of the whole program. */
export function helpText(command?: CommandName): string {
  if (command === undefined) {
    const width = Math.max(...Object.keys(COMMANDS).map((name) => synopsis(name).length));
    const lines = Object.entries(COMMANDS).map(([name, { summary }]) =>
      `  ${synopsis(name).padEnd(width)}  ${summary}`
    );
    return `Usage: messaging-client [options] [command]

Sends and receives end-to-end encrypted messages and files.

Commands:
${lines.join("\n")}

${GLOBAL_HELP}

Exit codes: 0 done, 1 failed, 2 wrong usage.`;
  }
  const { summary, details } = COMMANDS[command];
  return `Usage: messaging-client [options] ${synopsis(command)}\n\n${summary}.\n\n${details}\n\n` +
    GLOBAL_HELP;
}

function synopsis(name: string): string {
  return [name, ...COMMANDS[name as CommandName].operands].join(" ");
}
