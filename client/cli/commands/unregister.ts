import { ClientError } from "../../errors.ts";
import { clientCommand } from "../command.ts";

export const unregister = clientCommand({
  name: "unregister",
  options: { yes: { help: "Do not ask" } },
  summary: "Delete the identity, and what waits for it, on the server",
  details:
    "Its name is free then, and messages and files that it has not collected are gone. The\n" +
    "profile stays as it is: register without a name registers the same identity again. A\n" +
    "classic identity cannot prove who asks; the server's operator can remove it.",
  results: ["unregistered"],
  asks: ({ yes }) => ({ answers: !yes }),
  async *run({ yes }, { client, rich, ask, engine }) {
    const identity = client.whoami();
    if (!yes) {
      if (!rich) throw new ClientError("not-confirmed", "nothing was done; to go ahead add --yes");
      const answer = await ask(`To delete it on the server, type its name (${identity.name}): `);
      if (answer?.trim() !== identity.name) {
        throw new ClientError("not-confirmed", "that is not its name; nothing was done");
      }
    }
    await client.unregister();
    yield { kind: "unregistered", identity };
    engine?.stop();
  },
});
