import { clientCommand } from "../command.ts";
import { ENTRY_COUNT, parseCount, PEER } from "../operands.ts";
import { parseWhen, timeOf } from "../times.ts";

/** Entries that a person sees who asks for nothing else. */
const LAST_SHOWN = 50;
import { historyResult } from "../results.ts";

export const history = clientCommand({
  name: "history",
  operands: { peer: PEER },
  options: {
    search: { value: "WORD", help: "Only entries with WORD, in upper or lower case" },
    last: { ...ENTRY_COUNT, help: "Only the last N entries of those that are wanted" },
    before: {
      value: "NUMBER",
      integer: true,
      help: "Only entries before the one with this number",
      parse: (text) => parseCount(text, "--before"),
    },
    since: {
      value: "WHEN",
      help: "Only what came since a date (2026-01-31), or in a while\n(90m, 8h, 2d, 1w)",
      parse: parseWhen,
    },
  },
  summary: "Show what was sent to a client and received from it",
  details:
    "Needs no server. Times are local, unless --time says otherwise. Files are listed by name\n" +
    "and size. The order is that in which the messages came here; a ? stands behind a time that\n" +
    "cannot be true.\n\n" +
    `On a terminal these are the last ${LAST_SHOWN}, unless an option says otherwise, and what\n` +
    "is shown counts as read. In a pipe, and with --json, it is all, and nothing counts as\n" +
    "read; see mark-read.",
  needsServer: () => false,
  menu: [{
    key: "6",
    label: "History with a client",
    questions: ["Client's name: ", "Only entries with (empty: all): "],
    args: (peer, search) => ({
      ...{ peer, search: search || undefined },
      ...{ last: undefined, before: undefined, since: undefined },
    }),
  }],
  nothing: "Nothing yet.",
  results: ["history"],
  async *run({ peer, search, since, ...range }, { client, rich, options, runtime, note }) {
    const { contactBook } = client;
    const contact = contactBook.contact(peer);
    if (search !== undefined) await client.conversations.prepareSearch(note);
    const now = runtime.now();
    const isAll = search === undefined && since === undefined && range.before === undefined;
    const isPerson = rich && !options.json;
    const isCut = isPerson && isAll && range.last === undefined;
    const wanted = {
      ...{ ...range, search, since: since && timeOf(since, now) },
      ...isCut && { last: LAST_SHOWN + 1 },
    };
    const waiting = new Map(client.waiting().map((message) => [message.entry, message]));
    let entries = contactBook.history(peer, wanted);
    if (isCut) {
      const [first, ...others] = entries;
      if (others.length === LAST_SHOWN) {
        note(`The last ${LAST_SHOWN}; more with --last N, or with --before ${others[0].number}`);
        entries = others;
      } else entries = first ? [first, ...others] : [];
    }
    let shown: number | undefined;
    for (const entry of entries) {
      yield historyResult(client, entry, { peer: contact, waiting: waiting.get(entry.number) });
      shown = entry.number;
    }
    const isSeen = isPerson && search === undefined && shown !== undefined;
    if (isSeen) await client.markRead(peer, shown);
  },
});
