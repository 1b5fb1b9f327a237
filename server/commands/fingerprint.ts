import { toHex } from "../../shared/bytes.ts";
import { serverCommand } from "../command.ts";
import { readServerKey } from "../server_key.ts";

export const fingerprint = serverCommand({
  name: "fingerprint",
  summary: "Print the server's key",
  details:
    "With the address HOST:PORT#KEY clients demand this key. A server makes its key at its\n" +
    "first start, and prints it at each.",
  async run(_, context) {
    const { data } = (await context.config()).settings;
    console.log(toHex((await readServerKey(data)).publicKey));
  },
});
