import { type Bytes, equalBytes } from "../shared/bytes.ts";
import { generateClassicKeyPair } from "../shared/crypto/classic/classic.ts";
import type { ClientEntry } from "../shared/protocol/message.ts";
import { checkName } from "./contacts/contact_book.ts";
import { ClientError } from "./errors.ts";
import { refusalName } from "./network/failures.ts";
import type { Network, Transport } from "./network/transport.ts";
import type { Profile } from "./profile/profile.ts";

export interface RegisterOptions {
  classic: boolean;
  /** The code of an invite, 16 bytes. */
  invite?: Bytes;
}

/**
 * Makes a new identity, registers it, and makes it the owner of `profile`. In a secure profile that
 * has an owner already, registers that one again on a server that does not know it any more; then
 * `wanted` is its own name, or left out.
 * @throws {ClientError} `already-registered`, `bad-name`, `refused` if the name is taken, and as
 * the network does
 */
export async function register(
  profile: Profile,
  network: Network,
  wanted: string | undefined,
  options: RegisterOptions,
): Promise<ClientEntry> {
  const { classic, invite } = options;
  const name = wanted?.normalize("NFC");
  if (profile.registered) return await registerAgain(profile, network, wanted, options);
  if (name === undefined) {
    throw new ClientError(
      "bad-name",
      "a new identity needs a name: messaging-client register NAME",
    );
  }
  checkName(name, { isNew: true });
  if (classic) {
    const { publicKey, privateKey } = await generateClassicKeyPair();
    const id = await registerKey(network.registering(undefined), name, publicKey);
    await profile.register({ id, name, privateKey });
    return { id, name };
  }
  const identity = await profile.prepareSecure(name);
  const { id, publicKey } = identity;
  const given = await registerKey(network.registering(identity), name, publicKey, invite);
  if (!equalBytes(given, id)) {
    throw new ClientError("bad-response", "the server gave an ID that does not belong to the key");
  }
  profile.registerSecure();
  return { id, name };
}

/** All that the profile has stays as it is. */
async function registerAgain(
  { identity, secureIdentity }: Profile,
  network: Network,
  name: string | undefined,
  { classic, invite }: RegisterOptions,
): Promise<ClientEntry> {
  const as = `this profile is already registered as "${identity.name}"`;
  const otherwise = "for another identity use another folder: --profile DIR";
  if (!secureIdentity || classic) {
    throw new ClientError("already-registered", `${as}; ${otherwise}`);
  }
  if (name !== undefined && ![name, name.normalize("NFC")].includes(identity.name)) {
    throw new ClientError(
      "already-registered",
      `${as}; to register it again on a server that has lost it: messaging-client register, ` +
        `without a name; ${otherwise}`,
    );
  }
  const { id, publicKey } = secureIdentity;
  if (await isKnown(network, id)) {
    throw new ClientError("already-registered", `${as}, and the server knows it; ${otherwise}`);
  }
  try {
    const transport = network.registering(secureIdentity);
    const given = await transport.register(identity.name, publicKey, invite);
    if (equalBytes(given, id)) return { id, name: identity.name };
  } catch (error) {
    if (refusalName(error) !== "name-taken") throw error;
    throw new ClientError(
      "refused",
      `the server refused to register "${identity.name}" again: another client has that name ` +
        "now. Ask its operator to remove that one, or make a new identity in another folder: " +
        "--profile DIR",
      { cause: error },
    );
  }
  throw new ClientError("bad-response", "the server gave an ID that does not belong to the key");
}

/** Reports whether the server knows the client with this ID, the profile's own. */
async function isKnown(network: Network, id: Bytes): Promise<boolean> {
  try {
    await network.secure?.request({ kind: "find-clients", ids: [id] });
    return true;
  } catch (error) {
    if (error instanceof ClientError && error.code === "not-registered") return false;
    throw error;
  }
}

async function registerKey(
  transport: Transport,
  name: string,
  publicKey: Bytes,
  invite?: Bytes,
): Promise<Bytes> {
  try {
    return await transport.register(name, publicKey, invite);
  } catch (error) {
    if (!(error instanceof ClientError && error.code === "refused")) throw error;
    // A classic refusal has no name.
    const why = refusalName(error);
    if (why === undefined) {
      throw new ClientError(
        "refused",
        `the server refused to register "${name}"; most likely the name, or one that looks like ` +
          "it, is taken: try another",
      );
    }
    if (why !== "name-taken") throw error;
    throw new ClientError("refused", `${error.message}: "${name}"; try another`);
  }
}
