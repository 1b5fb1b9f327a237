import { formatFullAddress } from "../../network/address.ts";
import { rememberServer } from "../../open_client.ts";
import { clientCommand } from "../command.ts";

export const register = clientCommand({
  name: "register",
  operands: { as: { name: "NAME", optional: true } },
  options: { classic: { help: "Create a classic identity instead of a secure one" } },
  summary: "Create a new identity and register it, or register it again",
  details:
    "NAME has 2 characters to 254 bytes. The identity is kept in the profile (a classic one in\n" +
    "me.info), and the address of --server in server.info.\n\n" +
    "Without NAME the secure identity of the profile is registered again, on a server that was\n" +
    "set up anew or restored from a backup. Contacts, sessions and history stay.",
  menu: [{ key: "1", label: "Register", questions: ["Your name: "] }],
  async *run({ as, classic }, { client, profile, address, options, note }) {
    yield { kind: "identity", identity: await client.register(as, { classic }) };
    if (options.server !== undefined && await rememberServer(profile.folder, address)) {
      note(`From now on this profile uses the server ${formatFullAddress(address)}.`);
    }
  },
});
