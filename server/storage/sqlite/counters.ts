/** The counts that the tables hold of each other, and what they must be. */
import { TOTALS_NOW, USAGE_NOW } from "./usage.ts";

/** Whom a message counts for, as in {@link ./usage.ts}. */
const PAYER = "coalesce(payer, sender)";

interface Counter {
  /** The table that must be there; older databases do not have all. */
  readonly table: string;
  readonly what: string;
  /** Selects the counts as they are. */
  readonly held: string;
  /** Selects the same as they must be. */
  readonly right: string;
  /** Makes them right. */
  readonly repair: string;
}

/** A table that holds nothing but counts. */
function counterTable(table: string, what: string, columns: string, right: string): Counter {
  return {
    table,
    what,
    held: `SELECT ${columns} FROM ${table}`,
    right,
    repair: `DELETE FROM ${table}; INSERT INTO ${table} (${columns}) ${right};`,
  };
}

const WAITING = "SELECT number, (SELECT count(*) FROM messages WHERE mailbox = number), " +
  "(SELECT coalesce(sum(size), 0) FROM messages WHERE mailbox = number) FROM clients";

export const COUNTERS: readonly Counter[] = [
  {
    table: "messages",
    what: "what waits in mailboxes",
    held: "SELECT number, messages, bytes FROM clients",
    right: WAITING,
    repair: "UPDATE clients SET " +
      "messages = (SELECT count(*) FROM messages WHERE mailbox = number), " +
      "bytes = (SELECT coalesce(sum(size), 0) FROM messages WHERE mailbox = number), " +
      "last_message = max(last_message, " +
      "(SELECT coalesce(max(id), 0) FROM messages WHERE mailbox = number));",
  },
  counterTable(
    "usage",
    "what each client has stored",
    "client, bytes, tokens, files, uploads",
    USAGE_NOW,
  ),
  counterTable(
    "totals",
    "what is stored in all",
    "bytes, messages, message_bytes, files, file_bytes",
    TOTALS_NOW,
  ),
  counterTable(
    "shares",
    "what clients hold of full mailboxes",
    "mailbox, client, messages, bytes",
    `SELECT mailbox, ${PAYER}, count(*), sum(size) FROM messages WHERE counted = 1 GROUP BY 1, 2`,
  ),
  // Numbers of clients have no gaps but those that clients leave.
  counterTable(
    "departures",
    "the clients that have left",
    "count",
    "SELECT (SELECT coalesce(max(number), 0) FROM clients) - " +
      "(SELECT count(*) FROM clients WHERE left_as IS NULL)",
  ),
];

/** Returns how to count the rows of a counter that are wrong. */
export function countWrong({ held, right }: Counter): string {
  return `SELECT (SELECT count(*) FROM (${held} EXCEPT ${right})) + ` +
    `(SELECT count(*) FROM (${right} EXCEPT ${held})) AS wrong`;
}
