/** What someone is told who has just registered. */
import { toHex } from "../../../shared/bytes.ts";
import type { ClientEntry } from "../../../shared/protocol/message.ts";
import { type Address, formatAddress } from "../../network/address.ts";
import type { Advise } from "./advice.ts";
import { printableLine } from "./printable.ts";

/** An identity that a server knows from now on. */
export interface Registered {
  readonly identity: ClientEntry;
  readonly address: Address;
  /** The profile's folder. */
  readonly folder: string;
  /** Undefined for a classic identity. */
  readonly card: string | undefined;
}

/** Returns the words for a person at a terminal. */
export function registeredText(
  { identity, address, folder, card }: Registered,
  advise: Advise,
): string {
  return [
    `You are registered as ${printableLine(identity.name)} at ${formatAddress(address)}.`,
    `  ID       ${toHex(identity.id)}`,
    ...card === undefined ? [] : [`  card     ${printableLine(card)}`],
    `  profile  ${printableLine(folder)}`,
    "",
    ...card === undefined ? [] : ["Give others your card: who adds it is certain to write to you."],
    ...card === undefined ? [] : [`To talk on a screen:     ${advise("messaging-client chat")}`],
    `To write to someone:     ${advise("messaging-client send NAME TEXT")}`,
    `To collect what came:    ${advise("messaging-client receive")}`,
    `To see all that you can: messaging-client --help`,
  ].join("\n");
}
