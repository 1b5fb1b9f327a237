import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";

export const key = clientCommand({
  name: "key",
  operands: { peer: PEER },
  summary: "Show a client's public key",
  details:
    "160 bytes in hex: the identity of a secure client, or the RSA-1024 key of a classic one\n" +
    "as SubjectPublicKeyInfo DER.",
  menu: [{ key: "3", label: "Public key of a client", questions: ["Client's name: "] }],
  results: ["public-key"],
  async *run({ peer }, { client }) {
    yield { kind: "public-key", client: await client.publicKey(peer) };
  },
});
