import { toHex } from "../../shared/bytes.ts";
import { serverCommand } from "../command.ts";
import { makeFolder } from "../data_folder.ts";
import { openServerKey } from "../server_key.ts";

export const fingerprint = serverCommand({
  name: "fingerprint",
  summary: "Print the server's key",
  details: "Makes it if there is none yet. With the address HOST:PORT#KEY clients demand this key.",
  async run(_, context) {
    const { data } = (await context.config()).settings;
    await makeFolder(data);
    console.log(toHex((await openServerKey(data)).publicKey));
  },
});
