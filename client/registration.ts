import { type Bytes, equalBytes } from "../shared/bytes.ts";
import { generateClassicKeyPair } from "../shared/crypto/classic/classic.ts";
import type { ClientEntry } from "../shared/protocol/message.ts";
import { checkName } from "./contacts/contact_book.ts";
import { ClientError } from "./errors.ts";
import { refusalName } from "./network/failures.ts";
import type { Network, Transport } from "./network/transport.ts";
import type { Profile } from "./profile/profile.ts";

/**
 * Makes a new identity, registers it, and makes it the owner of `profile`.
 * @throws {ClientError} `already-registered`, `bad-name`, `refused` if the name is taken, and as
 * the network does
 */
export async function register(
  profile: Profile,
  network: Network,
  name: string,
  { classic }: { classic: boolean },
): Promise<ClientEntry> {
  if (profile.registered) {
    throw new ClientError(
      "already-registered",
      `this profile is already registered as "${profile.identity.name}"; ` +
        "for another identity use another folder: --profile DIR",
    );
  }
  checkName(name, { secure: !classic });
  if (classic) {
    const { publicKey, privateKey } = await generateClassicKeyPair();
    const id = await registerKey(network.registering(undefined), name, publicKey);
    await profile.register({ id, name, privateKey });
    return { id, name };
  }
  const identity = await profile.prepareSecure(name);
  const { id, publicKey } = identity;
  const given = await registerKey(network.registering(identity), name, publicKey);
  if (!equalBytes(given, id)) {
    throw new ClientError("bad-response", "the server gave an ID that does not belong to the key");
  }
  profile.registerSecure();
  return { id, name };
}

async function registerKey(transport: Transport, name: string, publicKey: Bytes): Promise<Bytes> {
  try {
    return await transport.register(name, publicKey);
  } catch (error) {
    if (!(error instanceof ClientError && error.code === "refused")) throw error;
    // A classic refusal has no name.
    const why = refusalName(error);
    if (why !== undefined && why !== "name-taken") throw error;
    throw new ClientError(
      "refused",
      `the server refused to register "${name}"; most likely the name is taken: try another`,
    );
  }
}
