import { MIN_PASSPHRASE_LENGTH } from "../../../shared/limits.ts";
import { ClientError } from "../../errors.ts";
import { clientCommand } from "../command.ts";
import type { PassphraseSource } from "../terminal/passphrase.ts";

const NEW_PASSPHRASE = {
  set: (passphrases: PassphraseSource) => passphrases.first(),
  change: (passphrases: PassphraseSource) => passphrases.next(),
  remove: () => Promise.resolve(null),
};

export const passphrase = clientCommand({
  name: "passphrase",
  operands: { action: { words: ["set", "change", "remove"] } },
  createsProfile: true,
  summary: "Protect the profile with a passphrase",
  details:
    "Without it nobody can read what was written, or with whom. Still visible are numbers and\n" +
    "times, such as when a message was sent. A lost passphrase cannot be recovered.\n" +
    `It has at least ${MIN_PASSPHRASE_LENGTH} characters.\n` +
    "Every command asks for it on the terminal, or takes it from the environment:\n\n" +
    "  MESSAGING_PASSPHRASE      The passphrase; for set, the new one\n" +
    "  MESSAGING_NEW_PASSPHRASE  For change, the new one",
  needsServer: () => false,
  results: ["passphrase"],
  async *run({ action }, { profile, passphrases, engine }) {
    if (engine) {
      const message = "the passphrase cannot change while the profile is in use; end its engine";
      throw new ClientError("in-use", `${message}: messaging-client stop`);
    }
    if (profile.protected && action === "set") {
      const hint = "to change it: messaging-client passphrase change";
      throw new ClientError("has-passphrase", `the profile has a passphrase already; ${hint}`);
    }
    if (!profile.protected && action !== "set") {
      const hint = "to set one: messaging-client passphrase set";
      throw new ClientError("no-passphrase", `the profile has no passphrase; ${hint}`);
    }
    await profile.setPassphrase(await NEW_PASSPHRASE[action](passphrases));
    yield { kind: "passphrase", action };
  },
});
