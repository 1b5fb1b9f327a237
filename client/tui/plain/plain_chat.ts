/** The chat as lines: for screen readers, terminals that move no cursor, and scripts in pipes. */
import { sizeText } from "../../../shared/size.ts";
import { harmlessLine, localTime, printable, printableLine } from "../../cli/output/printable.ts";
import type { ChatLink, Item } from "../link/chat_link.ts";
import { type Message, messageOf, objectOf, OWN_NAME, peerOf } from "../link/model.ts";
import { commandHelp, readLine } from "./plain_commands.ts";

export interface PlainChatOptions {
  readonly link: ChatLink;
  /** The name, or the alias, of the other client. */
  readonly name: string;
  /** Whether messages are printed as JSON, one object a line. */
  readonly json: boolean;
  /** What is typed. */
  readonly lines: AsyncIterable<string>;
  /** Writes a line for a message. */
  readonly print: (line: string) => void;
  /** Tells something beside the messages. */
  readonly note: (text: string) => void;
  /** Returns a path so that the engine finds it, which may work in another folder. */
  readonly place: (path: string) => string;
  /** Tells of what failed; the chat goes on. */
  readonly report: (error: Error) => void;
}

/** How many messages are shown at first. */
const LAST = 20;
/** Of how many messages it is known how they were shown. */
const KNOWN = 1000;

export class PlainChat {
  /** How methods are told of the other client. */
  #peer = "";
  #day = "";
  /** Messages up to this number are older than those that are shown. */
  #older = 0;
  /** What was last said of each message, by its number. */
  readonly #said = new Map<number, string>();
  /** Null as soon as the first messages are shown. */
  #early: Item[] | null = [];

  constructor(private readonly options: PlainChatOptions) {}

  /** Runs until /quit, or the end of the input. @throws what the engine says of the name */
  async run(): Promise<void> {
    const { link, lines, note, name } = this.options;
    const contact = await this.#contact();
    this.#peer = peerOf(String(contact.id));
    await link.listen(({ kind, item }) => {
      if (kind === "connection") note(connectionText(item));
      else if (kind === "entry" && peerOf(String(objectOf(item.peer).id)) === this.#peer) {
        this.#hear(item);
      }
    });
    await this.#catchUp();
    if (this.#said.size === LAST) this.#older = Math.min(...this.#said.keys()) - 1;
    for (const item of this.#early?.splice(0) ?? []) this.#show(item);
    this.#early = null;
    const other = `${printableLine(name)}${contact.verified === true ? " (verified)" : ""}`;
    const who = name === OWN_NAME ? "yourself: notes that only you see" : other;
    note(`This is the chat with ${who}. /help explains it, /quit ends it.`);
    for await (const line of lines) if (await this.#take(line) === "quit") return;
    // What is sent by now may not have been told of yet.
    await this.#catchUp();
  }

  async #contact(): Promise<Item> {
    const { link, name } = this.options;
    if (name === OWN_NAME) return (await link.request("whoami"))[0];
    const contacts = await link.request("list", { contacts: true });
    const known = contacts.find((contact) => contact.alias === name) ??
      contacts.find((contact) => contact.name === name);
    return known ?? (await link.request("key", { peer: name }))[0];
  }

  async #catchUp(): Promise<void> {
    const params = { peer: this.#peer, last: LAST };
    for (const item of await this.options.link.request("history", params)) this.#show(item);
  }

  async #take(line: string): Promise<"quit" | undefined> {
    if (line === "") return;
    const { link, note, report, place } = this.options;
    try {
      const asked = readLine(line, this.#peer, place);
      if (asked.kind === "quit") return "quit";
      if (asked.kind === "help") commandHelp().forEach(note);
      else if (asked.kind === "verify") await this.#verify(asked.yes);
      else await link.request(asked.method, asked.params);
    } catch (error) {
      report(error as Error);
    }
  }

  async #verify(yes: boolean): Promise<void> {
    const { link, name, note } = this.options;
    const [{ safetyNumber, verified }] = await link.request("verify", { peer: this.#peer, yes });
    const who = printableLine(name);
    if (verified === true) note(`${who} is verified.`);
    else note(`${safetyNumber}\nDoes ${who} see the same number? Then: /verify yes`);
  }

  #hear(item: Item): void {
    // Whoever waits for the server is told so when that is certain.
    if (item.direction === "sent" && item.state === "pending") return;
    if (this.#early) this.#early.push(item);
    else this.#show(item);
  }

  #show(item: Item): void {
    const message = messageOf(item);
    const said = sayingOf(message);
    if (this.#said.get(message.number) === said) return;
    const isNew = !this.#said.has(message.number) && message.number > this.#older;
    this.#said.set(message.number, said);
    this.#forgetOldest();
    if (this.options.json) this.options.print(JSON.stringify(item));
    else this.#print(message, isNew);
    if (!message.sent && isNew) void this.#markRead();
  }

  #print(message: Message, isNew: boolean): void {
    const { print, name } = this.options;
    const { number, sent, at } = message;
    const [day, time] = localTime(at).split(" ");
    if (isNew && day !== this.#day) print(`-- ${this.#day = day}`);
    const who = sent ? "you" : printableLine(name);
    print(`${time} [${number}] ${who}: ${isNew ? "" : "(changed) "}${sayingOf(message)}`);
  }

  #forgetOldest(): void {
    if (this.#said.size <= KNOWN) return;
    const [oldest] = this.#said.keys();
    this.#said.delete(oldest);
    this.#older = Math.max(this.#older, oldest);
  }

  async #markRead(): Promise<void> {
    const { link, report } = this.options;
    await link.request("mark-read", { peer: this.#peer }).catch(report);
  }
}

function connectionText({ state, text }: Item): string {
  const said = printableLine(String(text));
  return state === "connected" ? `Connected with ${said}.` : said;
}

/** Returns all that is said of a message beside its time and who wrote it. */
function sayingOf(message: Message): string {
  const { reply, deleted, edited, state, own, reaction } = message;
  if (deleted) return "(deleted)";
  const marks = [
    ...(edited ? ["edited"] : []),
    ...(state === "pending" ? ["not sent yet"] : []),
    ...(state === "failed" ? ["not sent"] : []),
    ...(reaction === null ? [] : [`reaction ${harmlessLine(reaction)}`]),
    ...(own === null ? [] : [`your reaction ${harmlessLine(own)}`]),
  ];
  const answer = reply ? `(answers ${answered(reply)}) ` : "";
  return answer + contentOf(message) + (marks.length === 0 ? "" : ` (${marks.join(", ")})`);
}

function answered({ number, text }: NonNullable<Message["reply"]>): string {
  if (number !== null) return `[${number}]`;
  return text === null ? "a message that is not here" : `"${printableLine(text)}"`;
}

function contentOf({ text, file }: Message): string {
  if (!file) return printable(text);
  const where = file.path === null ? "" : `: ${printableLine(file.path)}`;
  return `file ${printableLine(file.name)} of ${sizeText(file.size)}${where}`;
}
