/** The engine as the chat sees it: methods that it can ask for, and events that it hears of. */

/** Parameters of a method, by their names. */
export type Params = Readonly<Record<string, unknown>>;

/** One result of a method, or what an event is about: what `--json` prints. */
export type Item = Readonly<Record<string, unknown>>;

export interface ChatLink {
  /**
   * Runs a method. Returns its results.
   * @throws {Error} whose message is for people
   */
  request(method: string, params?: Params): Promise<Item[]>;
  /** Calls `heard` with each event from now on. Resolves when no event after that is missed. */
  listen(heard: (event: ChatEvent) => void): Promise<void>;
  /** Resolves when there is no engine any more. */
  readonly closed?: Promise<void>;
}

/** Something is new, or has changed; `item` is all that is known of it now. */
export interface ChatEvent {
  readonly kind: "entry" | "transfer" | "contact" | "conversation" | "connection";
  readonly item: Item;
}
