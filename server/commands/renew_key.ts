import { UsageError } from "../../shared/args.ts";
import { toHex } from "../../shared/bytes.ts";
import { serverCommand } from "../command.ts";
import { lockDataFolder } from "../data_folder.ts";
import { renewServerKey } from "../server_key.ts";

export const renewKey = serverCommand({
  name: "renew-key",
  options: { yes: { help: "Do it" } },
  summary: "Make a new key for a server whose key is lost or stolen",
  details: "Every client refuses the server then, until its user says: messaging-client server\n" +
    "forget. Tell them the new key. The old one is kept in server.key.old.",
  async run({ yes }, context) {
    if (!yes) {
      throw new UsageError("with a new key every client refuses this server; to do it, add --yes");
    }
    const { data } = (await context.config()).settings;
    using _folder = await lockDataFolder(data);
    console.log(toHex((await renewServerKey(data)).publicKey));
  },
});
