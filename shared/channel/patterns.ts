/** Handshake patterns as the Noise specification writes them (revision 34, §7.4 and §7.5). */

/** `e` and `s` send a public key; `ee`, `es`, `se` and `ss` mix in the secret of two keys. */
export type Token = "e" | "s" | "ee" | "es" | "se" | "ss";

/** What each message has, in turns; the initiator sends the first. */
export interface Pattern {
  readonly name: string;
  /** The keys of each party that the other one knows beforehand. */
  readonly premessages: {
    readonly initiator: readonly "s"[];
    readonly responder: readonly "s"[];
  };
  readonly messages: readonly (readonly Token[])[];
}

const NOTHING_KNOWN = { initiator: [], responder: [] } as const;

/** The initiator is anonymous; the responder proves its static key. */
export const NX: Pattern = {
  name: "NX",
  premessages: NOTHING_KNOWN,
  messages: [
    ["e"],
    ["e", "ee", "s", "es"],
  ],
};

/** Each proves its static key to the other. */
export const XX: Pattern = {
  name: "XX",
  premessages: NOTHING_KNOWN,
  messages: [
    ["e"],
    ["e", "ee", "s", "es"],
    ["s", "se"],
  ],
};

/** The initiator knows the responder's static key beforehand, and proves its own at once. */
export const IK: Pattern = {
  name: "IK",
  premessages: { initiator: [], responder: ["s"] },
  messages: [
    ["e", "es", "s", "ss"],
    ["e", "ee", "se"],
  ],
};
