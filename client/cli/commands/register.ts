import { UsageError } from "../../../shared/args.ts";
import { formatFullAddress } from "../../network/address.ts";
import { clientCommand } from "../command.ts";
import { INVITE, parseInvite } from "../operands.ts";
import { registeredResult } from "../results.ts";

export const register = clientCommand({
  name: "register",
  operands: { as: { name: "NAME", optional: true } },
  options: {
    classic: { help: "Create a classic identity instead of a secure one" },
    invite: INVITE,
  },
  createsProfile: true,
  summary: "Create a new identity and register it, or register it again",
  details:
    "NAME has 2 characters to 254 bytes, and does not look like a name that is taken. The\n" +
    "identity is kept in the profile (a classic one in me.info), and the address of --server in\n" +
    "server.info.\n\n" +
    "Without NAME the secure identity of the profile is registered again, on a server that was\n" +
    "set up anew or restored from a backup. Contacts, sessions and history stay.",
  menu: [
    { key: "1", label: "Register", questions: ["Your name: "] },
    {
      key: "11",
      label: "Register with an invite",
      questions: ["Your name: ", "Invite code: "],
      args: (as, code) => ({ as, classic: false, invite: parseInvite(code) }),
    },
  ],
  check({ classic, invite }) {
    if (classic && invite) throw new UsageError("a classic identity cannot use an invite code");
  },
  results: ["registered"],
  async *run({ as, classic, invite }, context) {
    const { client, profile, address, note } = context;
    await client.register(as, { classic, invite });
    yield registeredResult(context);
    const { rememberServer } = await import("../../open_client.ts");
    // An engine may have been told of the server when it was started.
    if (await rememberServer(profile.folder, address)) {
      note(`From now on this profile uses the server ${formatFullAddress(address)}.`);
    }
  },
});
