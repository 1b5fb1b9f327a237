/** Handshake patterns as the Noise specification writes them (revision 34, §7.4). */

/** `e` and `s` send a public key; `ee` and `es` mix in the secret of two keys. */
export type Token = "e" | "s" | "ee" | "es";

/** What each message has, in turns; the initiator sends the first. */
export interface Pattern {
  readonly name: string;
  readonly messages: readonly (readonly Token[])[];
}

/** The initiator is anonymous; the responder proves its static key. */
export const NX: Pattern = { name: "NX", messages: [["e"], ["e", "ee", "s", "es"]] };
