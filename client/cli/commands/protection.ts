/** The commands on a profile as a whole: its passphrase, and moving it. They need no server. */
import type { Command, PassphraseAction } from "../command_line.ts";
import { ClientError } from "../../errors.ts";
import { Profile } from "../../profile/profile.ts";
import type { Output } from "../output/output.ts";
import type { Passphrases } from "../terminal/passphrase.ts";

/** A command on a profile that is open. */
export type ProtectionCommand = Extract<Command, { name: "passphrase" | "export" }>;

/**
 * Sets, changes or removes the passphrase of a profile; or writes the profile to a file.
 * @throws {ClientError} `has-passphrase`, `no-passphrase`, `file`, and what asking may do
 */
export async function runProtectionCommand(
  command: ProtectionCommand,
  profile: Profile,
  passphrases: Passphrases,
): Promise<Output> {
  if (command.name === "passphrase") {
    checkProtected(profile, command.action !== "set");
    await profile.setPassphrase(await NEW_PASSPHRASE[command.action](passphrases));
    return { kind: "passphrase", action: command.action };
  }
  // The profile's own, which was entered to open it, so it is the right one; or one for the file.
  const passphrase = profile.protected ? await passphrases.current() : await passphrases.first();
  await profile.exportTo(command.path, passphrase);
  return { kind: "exported", path: command.path };
}

const NEW_PASSPHRASE: Record<PassphraseAction, (from: Passphrases) => Promise<string | null>> = {
  set: (passphrases) => passphrases.first(),
  change: (passphrases) => passphrases.next(),
  remove: () => Promise.resolve(null),
};

function checkProtected(profile: Profile, wanted: boolean): void {
  if (profile.protected === wanted) return;
  throw wanted
    ? new ClientError(
      "no-passphrase",
      "the profile has no passphrase; for one: messaging-client passphrase set",
    )
    : new ClientError(
      "has-passphrase",
      "the profile has a passphrase already; for another one: messaging-client passphrase change",
    );
}

/** Makes a profile in `folder` of an exported file. */
export async function importProfile(
  { path }: Command & { name: "import" },
  folder: string,
  passphrases: Passphrases,
): Promise<Output> {
  const passphrase = await passphrases.current();
  await Profile.importFrom(path, folder, passphrase);
  using profile = await Profile.open(folder, { passphrase: () => Promise.resolve(passphrase) });
  const { id, name } = profile.identity;
  return { kind: "imported", path: folder, identity: { id, name } };
}
