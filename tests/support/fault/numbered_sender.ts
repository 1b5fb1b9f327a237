/** A sender of numbered messages that never gives up, and the list of those it may rely on. */
import { toHex, utf8 } from "../../../shared/bytes.ts";
import { ClientError } from "../../../client/errors.ts";
import { sampleBytes } from "../pieces.ts";
import type { Chance } from "./chance.ts";
import type { Person } from "./person.ts";

/** One message that the server has acknowledged. */
export interface Acknowledged {
  /** The number that the server gave it. */
  message: number;
  type: "text" | "file";
  /** The text, or the SHA-256 of the file, in hex. */
  content: string;
}

/** One message in so many is a file. */
const FILE_SHARE = 8;
const MAX_TEXT = 2000;
/** Files are larger than what a server keeps in its database. */
const MIN_FILE = 64 * 1024 + 1;
const MAX_FILE = 160 * 1024;
/** How far the receiver may be behind: a fault should find both at work. */
const MOST_AHEAD = 64;
/** The codes of a connection that broke. */
const UNANSWERED = new Set<string>(["unreachable", "queued"]);
/** After a failed attempt, and when the receiver is behind, in milliseconds. */
const PAUSE = 20;

export class NumberedSender {
  readonly acknowledged: Acknowledged[] = [];
  /** Texts that were kept for later. */
  readonly queued: string[] = [];
  /** Messages that got no answer, those among them. */
  unknown = 0;
  readonly #person: Person;
  readonly #to: string;
  readonly #lastShown: () => number;
  readonly #chance: Chance;
  #stopping = false;
  readonly #running: Promise<void>;

  /** `lastShown` tells which message the receiver has shown last, by the server's number. */
  constructor(person: Person, to: string, lastShown: () => number, chance: Chance) {
    this.#lastShown = lastShown;
    this.#person = person;
    this.#to = to;
    this.#chance = chance;
    this.#running = this.#run();
    this.#running.catch(() => {}); // told by `stop`
  }

  /** Sends no more; resolves when the last message was acknowledged or given up. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let number = 1; !this.#stopping;) {
      const ahead = (this.acknowledged.at(-1)?.message ?? 0) - this.#lastShown();
      if (ahead > MOST_AHEAD) {
        await pause();
        continue;
      }
      try {
        this.acknowledged.push(await this.#send(number++));
      } catch (error) {
        if (!(error instanceof ClientError) || !UNANSWERED.has(error.code)) throw error;
        this.unknown++;
        await pause();
      }
    }
  }

  /** A message that failed is not sent again: the next one has the next number. */
  async #send(number: number): Promise<Acknowledged> {
    const { client, folder } = this.#person;
    if (this.#chance.whole(FILE_SHARE) > 0) {
      const text = `${number} ${"x".repeat(this.#chance.whole(MAX_TEXT))}`;
      try {
        const { message } = await client.sendText(this.#to, text);
        return { message, type: "text", content: text };
      } catch (error) {
        if (error instanceof ClientError && error.code === "queued") this.queued.push(text);
        throw error;
      }
    }
    const file = sampleBytes(MIN_FILE + this.#chance.whole(MAX_FILE - MIN_FILE));
    file.set(utf8(`${number}`));
    const path = `${folder}/outgoing`;
    await Deno.writeFile(path, file);
    const { message } = await client.sendFile(this.#to, path, () => {});
    return { message, type: "file", content: await digest(file) };
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE));
}

/** The SHA-256 of `bytes`, in hex. */
export async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
