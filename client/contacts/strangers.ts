import type { Bytes } from "../../shared/bytes.ts";
import type { Profile } from "../profile/profile.ts";

/**
 * Reports whether this is someone whom the owner never wrote to, added, verified or gave an alias.
 * What strangers send must not fill the disk. In a classic profile nobody is one: no ID there
 * proves anything.
 */
export function isStranger({ secureIdentity, contacts, history }: Profile, id: Bytes): boolean {
  return secureIdentity !== undefined && !contacts.isAccepted(id) && !history.wroteTo(id);
}
