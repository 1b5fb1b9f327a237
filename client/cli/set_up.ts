/** What the command setup does, step by step. */
import { UsageError } from "../../shared/args.ts";
import { type Bytes, toHex } from "../../shared/bytes.ts";
import { checkName } from "../contacts/contact_book.ts";
import { ClientError } from "../errors.ts";
import { type Address, formatAddress, parseAddress } from "../network/address.ts";
import { serverKey } from "../network/secure_opening.ts";
import { openClient, rememberServer, serverAddress, waitingText } from "../open_client.ts";
import { checkDemanded } from "../profile/tables/servers.ts";
import { hasOwner, type Profile } from "../profile/profile.ts";
import type { CommandContext } from "./command.ts";
import type { Output } from "./output/output.ts";
import { registeredResult } from "./results.ts";

/** The arguments of the command setup. */
interface SetupArgs {
  readonly name?: string;
  readonly invite?: Bytes;
  readonly "no-passphrase": boolean;
}

/** Makes a profile and registers it, if there is none yet. */
export async function* setUp(
  { name, invite, "no-passphrase": unprotected }: SetupArgs,
  context: CommandContext,
): AsyncGenerator<Extract<Output, { kind: "identity" | "registered" }>> {
  const { options: { profile: folder }, runtime, passphrases, note } = context;
  const passphrase = () => passphrases.current();
  if (await hasOwner(folder)) {
    await using opened = await openClient({ folder, passphrase, ...runtime });
    const identity = opened.client.whoami();
    if (name !== undefined && name.normalize("NFC") !== identity.name) {
      const message = `the profile ${folder} is already that of "${identity.name}"; for another ` +
        "identity use another folder: --profile DIR";
      throw new ClientError("already-registered", message);
    }
    note(`The profile ${folder} is set up already. Nothing was changed.`);
    yield { kind: "identity", identity };
    return;
  }
  await checkGiven(name, unprotected, context);
  const { address, key } = await askServer(context);
  if (name !== undefined) checkName(name, { isNew: true });
  let wanted = name ?? await askName(context);
  await using opened = await openClient({
    // So that nobody is told of the key once more.
    ...{ folder, address: { ...address, key }, passphrase, note },
    ...runtime,
  });
  const { client, profile } = opened;
  if (!profile.protected && !unprotected) await protect(profile, context);
  for (;;) {
    try {
      await client.register(wanted, { classic: false, invite });
      break;
    } catch (error) {
      const isTaken = error instanceof ClientError && error.code === "refused";
      if (!isTaken || name !== undefined || !context.attended) throw error;
      context.showError(error);
      wanted = await askName(context);
    }
  }
  await rememberServer(folder, address, { anew: context.options.server !== undefined });
  yield registeredResult(opened);
}

/** Checks that nothing is left to ask, if there is nobody to ask. @throws {UsageError} */
async function checkGiven(
  name: string | undefined,
  unprotected: boolean,
  { options: { profile, server }, passphrases, attended }: CommandContext,
): Promise<void> {
  if (attended) return;
  const hasServer = server !== undefined ||
    await serverAddress(profile).then(() => true, () => false);
  const missing = [
    hasServer ? [] : ["--server HOST:PORT"],
    name !== undefined ? [] : ["--name NAME"],
    unprotected || passphrases.given ? [] : ["--no-passphrase (or set MESSAGING_PASSPHRASE)"],
  ].flat();
  if (missing.length === 0) return;
  throw new UsageError(`setup has no terminal to ask on, and needs: ${missing.join(", ")}`);
}

/** Returns the server that was given, else one that is asked for, and the key that it has. */
async function askServer(context: CommandContext) {
  const { options: { profile, server }, runtime, note } = context;
  const reach = async (address: Address) => {
    const onWait = () => note(waitingText(address));
    const key = await serverKey(address, { clock: runtime.clock, onWait });
    checkDemanded(address, key);
    const why = address.key ? "as its address demands" : "compare it with what its operator says";
    note(`The server at ${formatAddress(address)} has this key (${why}):\n  ${toHex(key)}`);
    return { address, key };
  };
  const given = await serverAddress(profile, server).catch((error) => {
    if (server !== undefined || !context.attended) throw error;
    return undefined;
  });
  if (given) return await reach(given);
  const question = "Server (HOST:PORT, as its operator told you): ";
  return await answer(question, (text) => reach(parseAddress(text, "the address")), context);
}

async function askName(context: CommandContext): Promise<string> {
  return await answer("Your name, by which others find you: ", (text) => {
    checkName(text, { isNew: true });
    return text;
  }, context);
}

/** Sets the passphrase that its owner chooses, or none. */
async function protect(profile: Profile, context: CommandContext): Promise<void> {
  const { passphrases, attended, showError } = context;
  for (;;) {
    try {
      const chosen = await passphrases.chosen();
      if (chosen !== null) return await profile.setPassphrase(chosen);
      const question =
        "Without a passphrase, whoever reads the files of this profile reads your\n" +
        "messages, and can act in your name. Go on without one? (yes/no): ";
      if (await answer(question, (text) => text.toLowerCase() === "yes", context)) return;
    } catch (error) {
      const again = error instanceof ClientError && error.code === "bad-passphrase";
      if (!again || !attended || passphrases.given) throw error;
      showError(error);
    }
  }
}

/** Asks until `take` accepts the answer. Returns what it makes of it. */
async function answer<T>(
  question: string,
  take: (text: string) => T | Promise<T>,
  { ask, showError }: CommandContext,
): Promise<T> {
  for (;;) {
    const text = await ask(question);
    if (text === null) throw new ClientError("interrupted", "nothing was registered");
    try {
      return await take(text.trim());
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      showError(error);
    }
  }
}
