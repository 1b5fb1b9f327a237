/** Where passphrases come from: the environment, else the terminal. */
import { ClientError } from "../../errors.ts";

/** The profile's passphrase; where it gets its first one, that. */
export const PASSPHRASE_VARIABLE = "MESSAGING_PASSPHRASE";
/** The passphrase that it shall have instead. */
export const NEW_PASSPHRASE_VARIABLE = "MESSAGING_NEW_PASSPHRASE";

/** What passphrases are taken from. */
export interface PassphraseSources {
  /** The value of a variable of the environment. */
  environment(variable: string): string | undefined;
  /** Asks on the terminal, without an echo; undefined where there is none. */
  ask?: (question: string) => Promise<string>;
}

export class Passphrases {
  readonly #sources: PassphraseSources;
  #current: Promise<string> | undefined;

  constructor(sources: PassphraseSources) {
    this.#sources = sources;
  }

  /**
   * The passphrase that there is; asked for once.
   * @throws {ClientError} `no-passphrase` where there is nobody to ask, `interrupted`
   */
  current(): Promise<string> {
    return this.#current ??= this.#given(PASSPHRASE_VARIABLE, "Passphrase: ");
  }

  /** The first passphrase, of a profile or of an exported file. Errors as {@link next}. */
  first(): Promise<string> {
    return this.#new(PASSPHRASE_VARIABLE);
  }

  /**
   * A further passphrase for what has one; asked for twice.
   * @throws {ClientError} `no-passphrase`, `interrupted`, `bad-passphrase` where the two differ, or
   * it is empty
   */
  next(): Promise<string> {
    return this.#new(NEW_PASSPHRASE_VARIABLE);
  }

  async #new(variable: string): Promise<string> {
    const passphrase = await this.#given(variable, "New passphrase: ");
    if (passphrase === "") {
      throw new ClientError("bad-passphrase", "an empty passphrase protects nothing");
    }
    if (this.#fromEnvironment(variable) !== undefined) return passphrase;
    if (await this.#given(variable, "The same again: ") === passphrase) return passphrase;
    throw new ClientError("bad-passphrase", "these were two different passphrases; try again");
  }

  async #given(variable: string, question: string): Promise<string> {
    const given = this.#fromEnvironment(variable);
    if (given !== undefined) return given;
    const { ask } = this.#sources;
    if (ask) return await ask(question);
    throw new ClientError(
      "no-passphrase",
      `a passphrase is needed, and there is no terminal to ask on: set ${variable}`,
    );
  }

  /** A variable that is empty is one that is not set. */
  #fromEnvironment(variable: string): string | undefined {
    return this.#sources.environment(variable) || undefined;
  }
}
