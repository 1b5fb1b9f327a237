/** What `--json` prints, and what methods and events of JSON-RPC return, as JSON Schema. */
import { ref, type Schema, type Schemas } from "../../daemon/schema.ts";
import type { ClientEvent } from "../../events.ts";
import type { Output } from "./output.ts";

type Properties = Readonly<Record<string, Schema>>;

/** An object that has all of `always`, and may have `sometimes`. */
function object(always: Properties, sometimes: Properties = {}, description?: string): Schema {
  const properties = { ...always, ...sometimes };
  return { description, type: "object", properties, required: Object.keys(always) };
}

const TEXT: Schema = { type: "string" };
const COUNT: Schema = { type: "integer" };
const FLAG: Schema = { type: "boolean" };
const YES: Schema = { type: "boolean", const: true };
const TEXT_OR_NULL: Schema = { type: ["string", "null"] };
const COUNT_OR_NULL: Schema = { type: ["integer", "null"] };
const word = (...words: string[]): Schema => ({ type: "string", enum: words });
const about = (description: string, schema: Schema): Schema => ({ description, ...schema });

const HEX = about("Lower-case hex digits", TEXT);
const TIME = about("ISO 8601, in UTC; left out where no date can hold it", TEXT);
const RETRY = about("When it may go on", TIME);
const BYTES = about("A size in bytes", COUNT);
const NUMBER = about("The number of a transfer, for fetch and transfers cancel", COUNT);
const AUTHENTICATED = { authenticated: about("False: anyone can act in its name", FLAG) };
const PERSON = ref("person");

const RECEIVED = { message: COUNT, from: PERSON };
const SOMETIMES = {
  entry: about("The number of the message in the history", COUNT),
  ...AUTHENTICATED,
  firstContact: about("Nothing was exchanged before, and nobody has compared its ID", YES),
  muted: about("The conversation is muted: nobody need be told", YES),
};
const at = TIME;

const TRANSFER = object({
  ...{ transfer: NUMBER, direction: word("up", "down"), peer: PERSON },
  ...{ name: TEXT, size: BYTES, done: BYTES },
  state: word("waiting", "active", "done", "cancelled", "failed"),
  path: about("Its source, or the folder that it goes to, and in the end its place", TEXT_OR_NULL),
  ended: { type: ["string", "null"] },
  reason: about("Why it failed, or waits", TEXT_OR_NULL),
}, {
  ...{ started: TIME, retryAt: RETRY },
  entry: about("The number of the message in the history", COUNT),
});

const NAMESAKE = about("Whether its name is what you call somebody else", YES);

/** What a result of each kind is as JSON. */
export const OUTPUTS: Readonly<Record<Output["kind"], Schema>> = {
  "identity": PERSON,
  "registered": PERSON,
  "unregistered": object({ id: HEX, name: TEXT, unregistered: YES }),
  "server": object({ address: TEXT, key: { type: ["string", "null"] } }),
  "client": object({ id: HEX, name: TEXT }, {
    ...AUTHENTICATED,
    verified: about("Whether its safety number was compared", FLAG),
    blocked: FLAG,
    alias: about("What it is called here", TEXT_OR_NULL),
    namesake: NAMESAKE,
  }),
  "public-key": object({ id: HEX, name: TEXT, publicKey: HEX }),
  "sent": object({ message: COUNT, to: PERSON }, {
    ...AUTHENTICATED,
    path: about("Which of several files it is", TEXT),
    entry: about("The number of its entry in the history", COUNT),
  }),
  "received": {
    anyOf: [
      object({ ...RECEIVED, type: word("text"), text: TEXT }, { ...SOMETIMES, at }),
      object({ ...RECEIVED, type: word("file"), path: TEXT, size: BYTES }, {
        ...{ ...SOMETIMES, at, name: TEXT, transfer: NUMBER },
      }),
      object({ ...RECEIVED, type: word("announced"), name: TEXT, size: BYTES, transfer: NUMBER }, {
        ...{ ...SOMETIMES, at },
      }),
      object({ ...RECEIVED, type: word("timer"), seconds: COUNT }, { ...SOMETIMES, at }),
      object({ ...RECEIVED, type: word("unknown"), kind: TEXT }, { ...SOMETIMES, at }),
      object({ ...RECEIVED, type: word("edited"), text: TEXT }, SOMETIMES),
      object({ ...RECEIVED, type: word("deleted") }, SOMETIMES),
      object({ ...RECEIVED, type: word("reaction"), emoji: TEXT }, SOMETIMES),
      object({ ...RECEIVED, type: word("key-request", "key") }, SOMETIMES),
    ],
  },
  "fetched": object(
    { transfer: NUMBER, from: PERSON, type: word("file"), path: TEXT, size: BYTES, name: TEXT },
    AUTHENTICATED,
  ),
  "waiting": TRANSFER,
  "transfer": TRANSFER,
  "notice": object({ type: word("notice"), text: TEXT }),
  "unusable": object({
    ...{ type: word("unusable"), from: PERSON, count: COUNT },
    flaw: word(
      ...["lost", "unreadable", "unknown-form", "too-large", "undecryptable", "senseless"],
      "bad-reset",
    ),
  }, AUTHENTICATED),
  "declined": object({
    ...{ type: word("declined"), from: PERSON, count: COUNT, size: BYTES },
    why: word("stranger", "unwanted"),
  }, AUTHENTICATED),
  "kept": object({
    ...{ waiting: word("text", "file"), peer: PERSON, reason: TEXT },
    number: about("The number of its entry in the history", COUNT),
    retryAt: { type: ["string", "null"] },
  }, { since: TIME }),
  "history": object({
    ...{ number: COUNT, message: COUNT_OR_NULL, peer: PERSON },
    direction: word("sent", "received"),
    state: word("pending", "sent", "failed", "received"),
  }, {
    ...{ at, reason: TEXT, retryAt: RETRY, text: TEXT },
    clock: about("The time cannot be true: its author's clock is wrong", word("wrong")),
    file: object({ name: TEXT, size: BYTES, path: TEXT_OR_NULL }),
    newTimer: about("From here on messages disappear after so many seconds; 0: they stay", COUNT),
    unknown: about("The name of a kind that only newer versions know", TEXT),
    reply: object({}, { number: COUNT, text: TEXT }, "The beginning of what it answers, if here"),
    ...{ edited: TIME, deleted: TIME, delivered: TIME, read: TIME, expires: TIME },
    reactions: object({}, { own: TEXT, peer: TEXT }),
    timer: about("It disappears so many seconds after it was sent or read", COUNT),
  }),
  "conversation": object({
    ...{ peer: PERSON, unread: COUNT },
    firstUnread: about("The number of the first entry that is not read", COUNT_OR_NULL),
    ...{ muted: FLAG, archived: FLAG, draft: TEXT_OR_NULL },
    last: { anyOf: [ref("history"), { type: "null" }] },
  }, {
    ...AUTHENTICATED,
    own: about("Whether these are the owner's own notes, which go to nobody", YES),
    mutedUntil: about("Left out if it has no end", TIME),
    ...{ verified: FLAG, blocked: FLAG, alias: TEXT_OR_NULL, namesake: NAMESAKE },
  }),
  "found": ref("history"),
  "read": object({ id: HEX, name: TEXT, read: COUNT }),
  "draft": object({ id: HEX, name: TEXT, draft: TEXT_OR_NULL }),
  "timer": object({ peer: PERSON, timer: COUNT }),
  "receipts": object({ peer: PERSON, receipts: FLAG }),
  "forgotten": object({ id: HEX, name: TEXT, forgotten: COUNT }),
  "trust": object({ safetyNumber: TEXT, verified: FLAG }),
  "card": object({ card: TEXT }),
  "passphrase": object({ protected: FLAG }),
  "exported": object({ exported: TEXT }),
  "imported": object({ imported: TEXT, id: HEX, name: TEXT }),
  "status": object({
    ...{ name: TEXT, server: TEXT, engine: FLAG },
    connection: about(
      "Null without an engine: nothing is connected between commands",
      { type: ["string", "null"], enum: ["connected", "waiting", "offline", null] },
    ),
    waiting: about("Texts that wait to be sent", COUNT),
    files: about("Files that wait to be fetched", COUNT),
    unread: about("Messages that were not read", COUNT),
  }),
  "stopped": object({ stopped: about("Whether there was an engine", FLAG) }),
};

const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });

/** The parameters of the notification `event`, by the kind of the event. */
const ENTRY_TOLD = "Of the history, new or changed; null: it is gone. Of entries that were read, " +
  "only those with a timer are told; the conversation's count tells of all";

export const EVENTS = {
  "entry": object({
    ...{ kind: word("entry"), number: COUNT },
    entry: about(ENTRY_TOLD, orNull(ref("history"))),
  }),
  "transfer": object({
    ...{ kind: word("transfer"), number: NUMBER },
    transfer: about("Its state, at most four times a second", orNull(ref("transfer"))),
  }),
  "contact": object({ kind: word("contact"), contact: ref("client") }),
  "conversation": object({
    ...{ kind: word("conversation"), peer: PERSON, conversation: ref("conversation") },
  }),
  "connection": object({
    ...{ kind: word("connection"), state: word("connected", "waiting", "offline") },
    text: about("For people: with which server, or why not and what is done about it", TEXT),
  }),
} satisfies Readonly<Record<ClientEvent["kind"], Schema>>;

/** What stands on standard error. */
export const NOTES = {
  "error": object({ error: ref("failure") }),
  "progress": object({
    progress: object({
      file: about("The sender's name for it", TEXT_OR_NULL),
      done: BYTES,
      size: BYTES,
      rate: about("Bytes a second; null: not known yet", { type: ["number", "null"] }),
      left: about("Seconds; null: not known yet", { type: ["number", "null"] }),
    }),
  }),
} satisfies Schemas;

/** All schemas, by the names that others refer to them with. */
export const SCHEMAS: Schemas = {
  "person": object({ id: HEX, name: TEXT }, {}, "A client"),
  "failure": object({ code: TEXT, message: TEXT }, {
    retryAfter: about("Milliseconds until the same may succeed", COUNT),
  }),
  ...OUTPUTS,
  ...NOTES,
};
