import { UsageError } from "../../shared/args.ts";
import { serverCommand } from "../command.ts";
import { DAY } from "../limits/limits.ts";
import { JSON_OPTION, run } from "./operation.ts";

const DEFAULT_DAYS = 7;

export const invite = serverCommand({
  name: "invite",
  operands: {
    action: { name: "ACTION", words: ["list", "withdraw"], optional: true },
    number: { name: "NUMBER", optional: true, parse: numberOf("withdraw") },
  },
  options: {
    uses: {
      value: "N",
      help: "How many may register with it (default: 1)",
      parse: numberOf("--uses"),
    },
    days: {
      value: "D",
      help: `For how many days (default: ${DEFAULT_DAYS})`,
      parse: numberOf("--days"),
    },
    ...JSON_OPTION,
  },
  summary: "Make an invite code; list or withdraw invites",
  details: "  invite                   a new code\n" +
    "  invite list              those that were made\n" +
    "  invite withdraw NUMBER   nobody can register with it any more\n" +
    "For a server with --registration invite. Who has the code says:\n" +
    "messaging-client register NAME --invite CODE. The code cannot be shown again.",
  check({ action, number, uses, days }) {
    if ((action === "withdraw") !== (number !== undefined)) {
      throw new UsageError("withdraw takes the number of an invite; see: invite list");
    }
    if (action !== undefined && (uses !== undefined || days !== undefined)) {
      throw new UsageError("--uses and --days are for a new invite");
    }
  },
  async run({ action, number = 0, uses = 1, days = DEFAULT_DAYS, json }, context) {
    if (action === "withdraw") {
      const withdrawn = await run("withdraw-invite", { number }, context);
      return console.log(json ? JSON.stringify(withdrawn) : `invite ${number} is withdrawn`);
    }
    if (action === "list") {
      for (const invite of await run("invites", {}, context)) {
        const { number, uses, left, expiresAt, valid } = invite;
        const until = new Date(expiresAt).toISOString();
        if (json) console.log(JSON.stringify({ ...invite, expiresAt: until }));
        else {
          const state = valid ? "" : left > 0 ? " (expired)" : " (used up)";
          console.log(`invite ${number}: ${left} of ${uses} left, until ${until}${state}`);
        }
      }
      return;
    }
    const made = await run("invite", { uses, age: days * DAY }, context);
    const expiresAt = new Date(made.expiresAt).toISOString();
    console.log(json ? JSON.stringify({ ...made, expiresAt }) : made.code);
  },
});

/** Returns the parser of a number; its errors say that `what` takes it. */
function numberOf(what: string): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
    throw new UsageError(`${what} takes a number from 1 to 999999, not "${text}"`);
  };
}
