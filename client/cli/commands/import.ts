import { plainCommand } from "../command.ts";

export const importCommand = plainCommand({
  name: "import",
  operands: { path: { name: "FILE", completes: "file" } },
  summary: "Create a profile from an export",
  details: "The folder of --profile must not hold a profile yet. Needs no server.",
  results: ["imported"],
  async *run({ path }, { options: { profile: folder }, passphrases, runtime, note }) {
    const { openClient, RENEWED } = await import("../../open_client.ts");
    const { Profile } = await import("../../profile/profile.ts");
    const passphrase = await passphrases.current();
    const isRenewed = await Profile.importFrom(path, folder, passphrase, runtime);
    const options = { folder, passphrase: () => Promise.resolve(passphrase), ...runtime };
    await using opened = await openClient(options);
    if (isRenewed && opened.profile.secureIdentity) note(RENEWED);
    yield { kind: "imported", path: folder, identity: opened.client.whoami() };
  },
});
