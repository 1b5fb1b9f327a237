/** Classic identities: a registered RSA key pair, which proves nothing. */
import type { Bytes } from "../../shared/bytes.ts";
import { generateClassicKeyPair } from "../../shared/crypto/classic/classic.ts";
import type { ClientEntry } from "../../shared/protocol/message.ts";
import type { Profile } from "../profile/profile.ts";

/** Makes a new classic identity the owner of `profile`. `register` sends its key to the server. */
export async function registerClassic(
  profile: Profile,
  name: string,
  register: (publicKey: Bytes) => Promise<Bytes>,
): Promise<ClientEntry> {
  const { publicKey, privateKey } = await generateClassicKeyPair();
  const id = await register(publicKey);
  await profile.register({ id, name, privateKey });
  return { id, name };
}
