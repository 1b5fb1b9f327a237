import { clientCommand } from "../command.ts";
import { PEER } from "../operands.ts";

export const verify = clientCommand({
  name: "verify",
  operands: { peer: PEER },
  options: { yes: { help: "They are the same: mark the contact as verified" } },
  summary: "Show the safety number to compare with a contact",
  details:
    "If both see the same 60 digits, the keys are theirs. Compare them face to face or on the\n" +
    "telephone, not in messages. On a terminal there is a QR code, too.",
  menu: [{
    key: "7",
    label: "Verify a client",
    questions: ["Client's name: "],
    followUp: {
      question: "Is it the same on the other side (yes/no)? ",
      args: (peer) => ({ peer, yes: true }),
    },
  }],
  results: ["trust"],
  async *run({ peer, yes }, { client: { contactBook } }) {
    const trust = yes ? contactBook.markVerified(peer) : contactBook.verify(peer);
    yield { kind: "trust", peer, trust: await trust };
  },
});
