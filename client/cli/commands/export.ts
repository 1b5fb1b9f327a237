import { clientCommand } from "../command.ts";

export const exportCommand = clientCommand({
  name: "export",
  operands: { path: { name: "FILE", completes: "file" } },
  summary: "Write the whole profile to a file",
  details:
    "The file is always protected by a passphrase: the profile's own, or one that is asked for\n" +
    "(see passphrase). To move the profile, import FILE at the new place, and stop using it at\n" +
    "the old one. A profile must not be used in two places.",
  needsServer: () => false,
  results: ["exported"],
  asks: () => ({ passphrase: true }),
  async *run({ path }, { profile, passphrases, place }) {
    // The profile's own was entered to open it, so it is the right one.
    const passphrase = profile.protected ? await passphrases.current() : await passphrases.first();
    await profile.exportTo(place(path), passphrase);
    yield { kind: "exported", path };
  },
});
