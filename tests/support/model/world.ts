/**
 * The model of sessions: three people, a server that cannot be trusted, and what must hold whatever
 * happens to them. All texts differ, so that a shown text can be traced to the sent one.
 */
import { ClientError } from "../../../client/errors.ts";
import type { Received } from "../../../client/inbox/received.ts";
import { type Bytes, equalBytes, toHex } from "../../../shared/bytes.ts";
import { Reader } from "../../../shared/cursor.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { isKemCiphertext } from "../../../shared/session/ratchet_header.ts";
import { offerIn } from "../../../shared/session/session.ts";
import { assert, assertEquals } from "../assert.ts";
import { Broken, type Fault, Faults } from "./faults.ts";
import { asText, Party, type Sealed } from "./party.ts";
import { type Account, type Mail, PostOffice } from "./post_office.ts";

export const NAMES = ["alice", "bob", "carol"];

const SECOND = 1000;
const DAY = 24 * 60 * 60 * SECOND;
/** When the persons registered. */
export const BEGIN = 1_800_000_000_000;
/** Longer than any client waits before it asks again. */
const HEALING_TIME = 25 * 60 * 60 * SECOND;
/** Rounds in which all must have come into step again. */
const HEALING_ROUNDS = 12;
/** Days after which the secret of a prekey may be gone that a message was sealed with. */
const PATIENCE = 3;
const SIGNATURE_SIZE = 64;

/** A text that someone has started to send. */
interface Text {
  readonly from: number;
  readonly to: number;
}

/** What a person knew when it kept a copy of its profile. */
interface Copy {
  readonly shown: Set<string>;
  readonly unmarked: Set<string>;
  readonly opened: Set<string>;
  /** Whom it had blocked. */
  readonly blocked: readonly string[];
}

/** Which of the waiting messages a client gets. */
export type Selection = "all" | "first" | "reversed" | "some";

export class World implements Disposable {
  readonly parties: readonly Party[];
  readonly #office: PostOffice;
  readonly #faults = new Faults();
  readonly #watching = this.#faults.watchDatabases();
  #now = BEGIN + DAY / 2;
  /** Who has done anything, or got anything; the others are left out of what takes time. */
  readonly #active = new Set([0, 1]);
  readonly #texts = new Map<string, Text>();
  /** By the last bytes of the envelope. */
  readonly #sealed = new Map<string, Sealed>();
  /** Texts that need not arrive: what happened to them was no accident. */
  readonly #excused = new Set<string>();
  /** Texts that were shown at any time. */
  readonly #everShown = new Set<string>();
  /** For each person, what it was shown in the history that it has now. */
  #shown: Set<string>[];
  /** For each person, what it may be shown again: the process ended before that was noted. */
  #unmarked: Set<string>[];
  /** For each person, the last bytes of what it has acknowledged, with the profile it has now. */
  #opened: Set<string>[];
  readonly #copies = new Map<number, Copy>();
  /**
   * Texts whose keys a copy can derive again, since they were shown after it was made of their
   * receiver's profile. A copy that nothing proves to be one goes on with its sessions. One that is
   * proved to be one drops its sessions and its one-time prekeys, but the start of a session that
   * used none of these opens still, and with it the session begins anew.
   */
  readonly #derivable = new Set<string>();
  /** "A B" where A has blocked B. */
  readonly #blocked = new Set<string>();
  /** Texts that were opened, and not shown yet, when their sender was blocked. */
  readonly #openedBefore = new Set<string>();
  /** The time of the newest reset that came to A from B, by "A B". */
  readonly #resets = new Map<string, number>();
  /** Whether a reset was changed, which its receiver tells of as a problem. */
  #resetChanged = false;
  /** Whether a receiver may not be able to open what its sender cannot know of any more. */
  #disturbed = false;
  /** How many days have passed by {@link wait} and {@link talk}. */
  #waited = 0;
  /** Whether any fault has happened: a step may be over before its fault would. */
  broke = false;

  /** The profile of each person is in the folder of that name in `folder`. */
  constructor(folder: string, accounts: readonly Account[]) {
    this.#office = new PostOffice(accounts);
    this.parties = this.#office.accounts.map((account) =>
      new Party({
        folder: `${folder}/${account.name}`,
        account,
        office: this.#office,
        faults: this.#faults,
        now: () => this.#now,
        onSealed: (sealed) => this.#sealed.set(tailOf(sealed.envelope), sealed),
      })
    );
    this.#shown = this.parties.map(() => new Set());
    this.#unmarked = this.parties.map(() => new Set());
    this.#opened = this.parties.map(() => new Set());
  }

  [Symbol.dispose](): void {
    for (const party of this.parties) party.close();
    this.#watching[Symbol.dispose]();
  }

  async send(from: number, to: number, fault: Fault | null, count = 1): Promise<void> {
    this.#tick();
    if (this.#blocked.has(`${from} ${to}`)) return;
    const texts = Array.from({ length: count }, (_, i) => {
      return `text ${this.#texts.size + i} from ${NAMES[from]} to ${NAMES[to]}`;
    });
    for (const text of texts) this.#texts.set(text, { from, to });
    this.#active.add(from).add(to);
    await this.#withFault(from, fault, () => this.parties[from].send(NAMES[to], texts));
  }

  /** Two persons take turns, which many days may lie between; the fault happens in the last one. */
  async talk([one, other]: readonly number[], turns: number, days: number, fault: Fault | null) {
    for (let turn = 0; turn < turns; turn++) {
      const [from, to] = turn % 2 === 0 ? [one, other] : [other, one];
      this.wait(days);
      await this.send(from, to, null);
      await this.receive(to, "all", 0, turn === turns - 1 ? fault : null);
    }
  }

  /** `who` gets some of its messages, chosen by `seed` if the selection leaves it open. */
  async receive(who: number, how: Selection, seed: number, fault: Fault | null): Promise<void> {
    this.#tick();
    const { mailbox } = this.parties[who].account;
    await this.#receive(who, selectionOf(mailbox, how, seed), fault);
  }

  /** `who` gets a message again that was sent to it at any time, as another one where `asNew`. */
  async repeat(who: number, pick: number, asNew: boolean): Promise<void> {
    this.#tick();
    const mail = this.#anyTo(who, pick);
    if (!mail) return;
    const { account } = this.parties[who];
    const copy = asNew ? { ...mail, messageId: account.nextId++ } : mail;
    // First what it has left to do of its own accord.
    await this.#receive(who, [], null);
    const wasOpened = this.#opened[who].has(tailOf(mail.content));
    const before = await this.#relationTo(who, mail.from);
    await this.#receive(who, [copy], null);
    if (wasOpened) assertEquals(await this.#relationTo(who, mail.from), before, "a repeat counted");
  }

  /** The sessions of `who` with `peer`, what it wants from it, and how many resets it sent. */
  async #relationTo(who: number, peer: Bytes): Promise<unknown> {
    const { profile } = await this.parties[who].opened();
    const { id } = this.parties[who].account;
    const resets = this.#office.log.filter(({ type, from, to }) =>
      type === MessageType.keyRequest && equalBytes(from, id) && equalBytes(to, peer)
    );
    const states = await this.#statesOf(who, peer);
    return { states, repair: profile.repairs.get(peer), resets: resets.length };
  }

  /** `who` gets a changed copy of a message that was sent to it at any time. */
  async corrupt(who: number, pick: number, at: number): Promise<void> {
    this.#tick();
    const mail = this.#anyTo(who, pick);
    if (!mail) return;
    const messageId = this.parties[who].account.nextId++;
    if (mail.type === MessageType.keyRequest) this.#resetChanged = true;
    // The client may find out only now that its profile is an older copy, and forget its sessions,
    // or open what it kept before it broke down.
    await this.#receive(who, [], null);
    const before = await this.#statesOf(who, mail.from);
    await this.#receive(who, [{ ...mail, messageId, content: changed(mail.content, at) }], null);
    assertEquals(await this.#statesOf(who, mail.from), before, "a failure changed the state");
  }

  /** A message is changed while it waits; nobody gets the true one. */
  garble(who: number, pick: number, at: number): void {
    this.#tick();
    const { account } = this.parties[who];
    const mail = account.mailbox[pick % account.mailbox.length];
    if (!mail) return;
    this.#disturbed = true;
    if (mail.type === MessageType.keyRequest) {
      this.#resetChanged = true;
      this.#excuseNamedBy(mail);
    }
    const put = { ...mail, content: changed(mail.content, at) };
    // Nobody asks again for what seems to be of a newer client.
    const text = this.#textOf(mail);
    if (put.content[0] !== mail.content[0] && text !== undefined) this.#excused.add(text);
    account.mailbox = account.mailbox.map((other) => other === mail ? put : other);
  }

  /** A message is lost while it waits. */
  drop(who: number, pick: number): void {
    this.#tick();
    const { account } = this.parties[who];
    const mail = account.mailbox[pick % account.mailbox.length];
    if (!mail) return;
    account.mailbox = account.mailbox.filter((other) => other !== mail);
    if (mail.type === MessageType.keyRequest) this.#excuseNamedBy(mail);
    const text = this.#textOf(mail);
    if (text !== undefined) this.#excused.add(text);
  }

  /** `who` loses its sessions. */
  async wipe(who: number): Promise<void> {
    this.#tick();
    this.#disturbed = true;
    const { profile } = await this.parties[who].opened();
    profile.sessions.clear();
  }

  /** `who` keeps a copy of its profile. */
  copy(who: number): void {
    this.#tick();
    const party = this.parties[who];
    party.close();
    Deno.copyFileSync(party.path, `${party.path}.copy`);
    const [shown, unmarked, opened] = [this.#shown, this.#unmarked, this.#opened]
      .map((sets) => new Set(sets[who]));
    this.#copies.set(who, { shown, unmarked, opened, blocked: this.#blockedBy(who) });
  }

  /** `who` puts its copy in the place of its profile. */
  restore(who: number): void {
    this.#tick();
    const copy = this.#copies.get(who);
    if (!copy) return;
    const party = this.parties[who];
    party.close();
    Deno.copyFileSync(`${party.path}.copy`, party.path);
    party.seen.clear();
    const proved = party.hasEvidence;
    for (const text of this.#shown[who]) {
      const isAgain = !copy.shown.has(text) && (!proved || this.#isOpenToCopies(text));
      if (isAgain) this.#derivable.add(text);
    }
    this.#shown = this.#shown.with(who, new Set(copy.shown));
    this.#unmarked = this.#unmarked.with(who, new Set(copy.unmarked));
    this.#opened = this.#opened.with(who, new Set(copy.opened));
    for (const pair of this.#blockedBy(who)) this.#unblock(pair);
    for (const pair of copy.blocked) this.#blocked.add(pair);
    // What was under way in the life that is gone, and not on the server, is gone with it.
    const waiting = new Set(
      this.parties.flatMap(({ account }) => account.mailbox.map((mail) => this.#textOf(mail))),
    );
    for (const [text, { from, to }] of this.#texts) {
      if ((from === who || to === who) && !waiting.has(text)) this.#excused.add(text);
    }
    // So are questions that were asked before, as far as they concern it.
    for (const { account } of this.parties) {
      for (const mail of account.mailbox) {
        if (mail.type === MessageType.keyRequest) this.#excuseNamedBy(mail);
      }
    }
    this.#disturbed = true;
  }

  /** Time passes. */
  wait(days: number): void {
    this.#now += days * DAY;
    this.#waited += days;
    this.#disturbed ||= this.#waited > PATIENCE;
  }

  async block(who: number, whom: number): Promise<void> {
    this.#tick();
    const { profile, peers } = await this.parties[who].opened();
    await peers.named(NAMES[whom]);
    profile.contacts.setBlocked(this.parties[whom].account.id, true);
    this.#blocked.add(`${who} ${whom}`);
    // What was opened before is shown all the same.
    for (const { body } of profile.history.unshown(this.#texts.size)) {
      if ("text" in body) this.#openedBefore.add(body.text);
    }
  }

  #blockedBy(who: number): string[] {
    return [...this.#blocked].filter((pair) => pair.startsWith(`${who} `));
  }

  async #unblockAll(): Promise<void> {
    for (const pair of this.#blocked) {
      const [who, whom] = pair.split(" ").map(Number);
      const { profile } = await this.parties[who].opened();
      profile.contacts.setBlocked(this.parties[whom].account.id, false);
      this.#unblock(pair);
    }
  }

  /** Excuses the texts of the pair: what a blocked person sent is dropped and never repeated. */
  #unblock(pair: string): void {
    const persons = pair.split(" ").map(Number);
    for (const [text, { from, to }] of this.#texts) {
      if (persons.includes(from) && persons.includes(to)) this.#excused.add(text);
    }
    this.#blocked.delete(pair);
  }

  /** Everything is delivered as it should be until nothing moves any more. */
  async heal(): Promise<void> {
    await this.#unblockAll();
    for (let round = 0;; round++) {
      for (const who of this.#active) {
        await this.#receive(who, this.parties[who].account.mailbox, null);
        await this.#checkPrekeys(who);
      }
      if (await this.#isQuiet()) return;
      assert(round < HEALING_ROUNDS, "they do not come into step again");
      this.#now += HEALING_TIME;
    }
  }

  async #isQuiet(): Promise<boolean> {
    for (const who of this.#active) {
      const party = this.parties[who];
      const { profile } = await party.opened();
      const left = party.account.mailbox.length + profile.outbox.first().length +
        profile.repairs.peersWanting().length;
      if (left > 0 || profile.envelopes.nextWaiting(0)) return false;
    }
    return true;
  }

  /** After healing: all that was to arrive has, and a new text arrives at once. */
  async check(): Promise<void> {
    // Who lost a session that the other one sends in, tells it with the next message.
    await this.send(0, 1, null);
    await this.send(1, 0, null);
    await this.heal();
    for (const [from, to] of [[0, 1], [1, 0]]) {
      await this.send(from, to, null);
      const text = [...this.#texts.keys()].at(-1) ?? "";
      await this.#receive(to, this.parties[to].account.mailbox, null);
      assert(this.#everShown.has(text), `${text} did not arrive at the first attempt`);
    }
    // More than a day lies between, so one side offers a KEM key, and the other one answers it.
    const before = this.kemRounds();
    await this.talk([0, 1], 3, 1.1, null);
    assert(this.kemRounds() > before, "no KEM secret enters any more");
    await this.#checkHistories();
    await this.#checkArrival();
    await this.#checkKeys();
  }

  /** `who` has the secrets of all its prekeys that the server hands out. */
  async #checkPrekeys(who: number): Promise<void> {
    const { profile } = await this.parties[who].opened();
    const { prekeys } = this.parties[who].account;
    const missing = prekeys.filter(({ id }) => !profile.prekeys.get(id));
    assertEquals(missing.map(({ kind }) => kind), [], "prekeys whose secrets are gone");
  }

  async #checkHistories(): Promise<void> {
    for (const to of this.#active) {
      const { profile } = await this.parties[to].opened();
      const texts: string[] = [];
      for (const [from, { account }] of this.parties.entries()) {
        for (const { sent, body } of profile.history.list(account.id)) {
          if (sent || !("text" in body)) continue;
          assertEquals(this.#texts.get(body.text), { from, to }, "nobody sent this");
          texts.push(body.text);
        }
      }
      assertEquals(texts.length, new Set(texts).size, "something is twice in a history");
    }
  }

  async #checkArrival(): Promise<void> {
    const accepted = new Set(this.#office.log.map((mail) => this.#textOf(mail)));
    for (const [text, { from, to }] of this.#texts) {
      if (this.#everShown.has(text) || this.#excused.has(text)) continue;
      const { profile } = await this.parties[from].opened();
      const entries = profile.history.list(this.parties[to].account.id);
      const known = [...entries].some(({ sent, body }) =>
        sent && "text" in body && body.text === text
      );
      const required = known || accepted.has(text) && !this.#disturbed;
      assert(!required, `"${text}" never arrived`);
    }
  }

  /** The keys of what was opened, and everything else that was replaced, are gone. */
  async #checkKeys(): Promise<void> {
    const states: string[] = [];
    for (const who of this.#active) {
      for (const { account } of this.parties) {
        states.push(...(await this.parties[who].states(account.id)).map(asText));
      }
    }
    const count = Map.groupBy(this.#sealed.values(), ({ text }) => text);
    const keys = [...this.#sealed.values()].flatMap(({ text, messageKey }) => {
      // What was sent once and arrived has been opened with that key.
      const opened = text && this.#everShown.has(text) && count.get(text)?.length === 1 &&
        !this.#derivable.has(text);
      return opened && messageKey ? [asText(messageKey)] : [];
    });
    for (const key of keys) {
      assert(!states.some((state) => state.includes(key)), "a state holds the key of a message");
    }
    for (const who of this.#active) {
      const party = this.parties[who];
      const now = party.rows();
      party.close();
      const file = asText(Deno.readFileSync(party.path));
      const kept = [...party.seen].filter((row) => !now.has(row) && file.includes(row));
      assertEquals(kept.length, 0, "the file holds rows that were replaced");
      assert(!keys.some((key) => file.includes(key)), "the file holds the key of a message");
      for (const text of this.#texts.keys()) {
        assert(!file.includes(`${text}`), "the file holds a text in the clear");
      }
    }
  }

  /** How many KEM secrets both sides have mixed in: one sent the ciphertext, one opened it. */
  kemRounds(): number {
    const answered = [...this.#sealed.values()].filter(({ text, part }) =>
      text && isKemCiphertext(part) && this.#everShown.has(text)
    );
    return new Set(answered.map(({ part }) => asText(part!))).size;
  }

  async #receive(who: number, mails: readonly Mail[], fault: Fault | null): Promise<void> {
    const party = this.parties[who];
    party.account.tray = mails;
    for (const mail of mails) this.#noteReset(who, mail);
    let last: string | null = null;
    const shown = new Set<string>();
    await this.#withFault(who, fault, async () => {
      for await (const received of party.receive()) {
        last = this.#take(who, received);
        if (last !== null) shown.add(last);
      }
      last = null;
    });
    if (last !== null) this.#unmarked[who].add(last);
    if (fault) return; // what it showed may have come before
    const texts = mails.map((mail) => this.#textOf(mail));
    for (const [i, mail] of mails.entries()) {
      const text = texts[i];
      // The only envelope with a text that was shown is the one that was opened.
      const isOnly = text !== undefined && texts.filter((other) => other === text).length === 1;
      if (isOnly && shown.has(text)) this.#opened[who].add(tailOf(mail.content));
    }
  }

  /** Checks what `who` is shown. */
  #take(who: number, received: Received): string | null {
    if (received.type === "unusable" && received.flaw === "bad-reset") {
      assert(this.#resetChanged, "a reset that is not valid");
    }
    if (received.type === "problem") {
      assert(this.#resetChanged, `a problem: ${received.error.message}`);
    }
    if (received.type !== "text") return null;
    const { text, from } = received;
    const sent = this.#texts.get(text);
    assert(sent && sent.to === who, `nobody sent "${text}" to ${NAMES[who]}`);
    assertEquals(toHex(from.id), toHex(this.parties[sent.from].account.id), "another one sent it");
    const mayBeHeard = !this.#blocked.has(`${who} ${sent.from}`) || this.#openedBefore.has(text);
    assert(mayBeHeard, "a blocked one was heard");
    const mayRepeat = this.#unmarked[who].delete(text);
    assert(!this.#shown[who].has(text) || mayRepeat, `"${text}" was shown twice`);
    this.#shown[who].add(text);
    this.#everShown.add(text);
    return text;
  }

  /** Does something of `who`, in which `fault` may happen. */
  async #withFault(who: number, fault: Fault | null, action: () => Promise<void>): Promise<void> {
    this.#faults.arm(fault);
    try {
      await action();
    } catch (error) {
      const expected = error instanceof Broken || error instanceof ClientError;
      if (!this.#faults.fired || !expected) throw error;
    }
    const party = this.parties[who];
    this.broke ||= this.#faults.fired;
    if (this.#faults.fired) await settled();
    if (this.#faults.dead) party.close();
    this.#faults.arm(null);
    party.rows();
  }

  /** A reset that comes after a newer one is not heard, so what it names need not come again. */
  #noteReset(who: number, mail: Mail): void {
    if (mail.type !== MessageType.keyRequest) return;
    const pair = `${who} ${toHex(mail.from)}`;
    const { time } = resetIn(mail);
    const newest = this.#resets.get(pair) ?? 0;
    if (time < newest) this.#excuseNamedBy(mail);
    else this.#resets.set(pair, time);
  }

  #excuseNamedBy(reset: Mail): void {
    for (const id of resetIn(reset).messageIds) {
      for (const mail of this.#office.log) {
        if (mail.messageId !== id || !equalBytes(mail.to, reset.from)) continue;
        const text = this.#textOf(mail);
        if (text !== undefined) this.#excused.add(text);
      }
    }
  }

  /** Whether `text` was sent in the start of a session that no one-time prekey has a part in. */
  #isOpenToCopies(text: string): boolean {
    return [...this.#sealed.values()].some((sealed) =>
      sealed.text === text && offerIn(sealed.envelope)?.oneTimeId === 0
    );
  }

  #textOf({ content }: Mail): string | undefined {
    return this.#sealed.get(tailOf(content))?.text ?? undefined;
  }

  #anyTo(who: number, pick: number): Mail | undefined {
    const { id } = this.parties[who].account;
    const mails = this.#office.log.filter(({ to }) => equalBytes(to, id));
    return mails[pick % mails.length];
  }

  async #statesOf(who: number, peer: Bytes): Promise<string[]> {
    return (await this.parties[who].states(peer)).map(toHex).sort();
  }

  #tick(): void {
    this.#now += SECOND;
  }
}

function selectionOf(mailbox: readonly Mail[], how: Selection, seed: number): Mail[] {
  switch (how) {
    case "all":
      return [...mailbox];
    case "first":
      return mailbox.slice(0, 1);
    case "reversed":
      return mailbox.toReversed();
    case "some":
      return mailbox.filter((_, i) => (seed >> i % 16) % 2 === 1);
  }
}

function changed(content: Bytes, at: number): Bytes {
  const place = at % content.length;
  return content.with(place, content[place] ^ 1 << Math.floor(at / content.length) % 8);
}

function resetIn({ content }: Mail): { time: number; messageIds: number[] } {
  const reader = new Reader(content.subarray(1, content.length - SIGNATURE_SIZE));
  const time = reader.u32() + reader.u32() * 2 ** 32;
  const messageIds: number[] = [];
  while (reader.left > 0) messageIds.push(reader.u32());
  return { time, messageIds };
}

function tailOf(envelope: Bytes): string {
  return toHex(envelope.slice(-16));
}

/** Resolves when all that was under way has ended: everything here answers at once. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
