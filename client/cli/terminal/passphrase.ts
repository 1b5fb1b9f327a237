import { MIN_PASSPHRASE_LENGTH } from "../../../shared/limits.ts";
import { ClientError } from "../../errors.ts";

/** The profile's passphrase, also its first one. */
export const PASSPHRASE_VARIABLE = "MESSAGING_PASSPHRASE";
/** Its new passphrase. */
export const NEW_PASSPHRASE_VARIABLE = "MESSAGING_NEW_PASSPHRASE";

interface PassphraseSources {
  environment(variable: string): string | undefined;
  /** Asks on the terminal, without echo; undefined if there is no terminal. */
  ask?: (question: string) => Promise<string>;
}

const CHOICE =
  `Passphrase for this profile (at least ${MIN_PASSPHRASE_LENGTH} characters; empty: none): `;
const NEW_QUESTION = `New passphrase (at least ${MIN_PASSPHRASE_LENGTH} characters): `;

/** What commands ask for passphrases. */
export type PassphraseSource = Pick<Passphrases, keyof Passphrases>;

/** Where passphrases come from: the environment, else the terminal. */
export class Passphrases {
  #current: Promise<string> | undefined;

  constructor(private readonly sources: PassphraseSources) {}

  /**
   * Returns the current passphrase; asks for it once.
   * @throws {ClientError} `no-passphrase` if there is nobody to ask, `interrupted`
   */
  current(): Promise<string> {
    return this.#current ??= this.#given(PASSPHRASE_VARIABLE, "Passphrase: ");
  }

  /** Returns the first passphrase of a profile or of an export. Errors as {@link next}. */
  first(): Promise<string> {
    return this.next(PASSPHRASE_VARIABLE);
  }

  /**
   * Returns a new passphrase for something that already has one; asks for it twice.
   * @throws {ClientError} `no-passphrase`, `interrupted`, `bad-passphrase` if the two differ, or
   * it is empty
   */
  async next(variable = NEW_PASSPHRASE_VARIABLE): Promise<string> {
    const passphrase = await this.#given(variable, NEW_QUESTION);
    if (passphrase === "") {
      throw new ClientError("bad-passphrase", "an empty passphrase protects nothing");
    }
    return await this.#confirmed(passphrase, variable);
  }

  /** As {@link first}, but null if its owner wants none. */
  async chosen(): Promise<string | null> {
    const passphrase = await this.#given(PASSPHRASE_VARIABLE, CHOICE);
    return passphrase === "" ? null : await this.#confirmed(passphrase, PASSPHRASE_VARIABLE);
  }

  /** Whether the passphrase of the profile is in the environment. */
  get given(): boolean {
    return this.#fromEnvironment(PASSPHRASE_VARIABLE) !== undefined;
  }

  async #confirmed(passphrase: string, variable: string): Promise<string> {
    if (this.#fromEnvironment(variable) !== undefined) return passphrase;
    if (await this.#given(variable, "The same again: ") === passphrase) return passphrase;
    throw new ClientError("bad-passphrase", "these were two different passphrases; try again");
  }

  async #given(variable: string, question: string): Promise<string> {
    const given = this.#fromEnvironment(variable);
    if (given !== undefined) return given;
    const { ask } = this.sources;
    if (ask) return await ask(question);
    throw new ClientError(
      "no-passphrase",
      `a passphrase is needed, and there is no terminal to ask on: set ${variable}`,
    );
  }

  /** An empty variable counts as none. */
  #fromEnvironment(variable: string): string | undefined {
    return this.sources.environment(variable) || undefined;
  }
}
