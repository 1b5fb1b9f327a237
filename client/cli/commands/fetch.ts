import { UsageError } from "../../../shared/args.ts";
import { equalBytes } from "../../../shared/bytes.ts";
import type { Client } from "../../client.ts";
import { ClientError } from "../../errors.ts";
import { clientCommand } from "../command.ts";
import { INTERRUPTED, PROGRESS } from "../help.ts";
import { OUT, TRANSFER } from "../operands.ts";

export const fetch = clientCommand({
  name: "fetch",
  operands: { number: { ...TRANSFER, optional: true } },
  options: {
    all: { help: "Fetch all files that wait" },
    from: { value: "NAME", completes: "contact", help: "With --all: only those of this client" },
    out: OUT,
  },
  summary: "Fetch a waiting file, or all",
  details: `ID is the number that files and receive show.\n\n${INTERRUPTED}\n\n${PROGRESS}`,
  stops: "the command",
  menu: [{ key: "55", label: "Fetch a file", questions: ["Number of the file: "] }],
  nothing: "No files.",
  check({ number, all, from }) {
    if (!all && number === undefined) throw new UsageError("fetch needs ID, or --all");
    if (all && number !== undefined) throw new UsageError("fetch takes ID or --all, not both");
    if (from !== undefined && !all) throw new UsageError("--from is only for --all");
  },
  results: ["fetched"],
  async *run({ number, all, from, out }, { client, progress, report, signal, place }) {
    const files = all ? waitingFiles(client, from) : [];
    const numbers = number === undefined ? files.map((file) => file.number) : [number];
    let begun = 0;
    if (all) {
      progress.expect(() => {
        const left = files.slice(begun - 1);
        return { files: left.length, size: left.reduce((sum, { size }) => sum + size, 0) };
      });
    }
    const { stopsOthers } = await import("../../transfers/transfer_failures.ts");
    for (const number of numbers) {
      begun++;
      try {
        // What has begun stays where it is.
        const begunAt = client.transfer(number)?.path ?? null;
        const folder = out ?? (begunAt === null ? "." : undefined);
        const options = { onProgress: progress.update, signal };
        const file = await client.fetch(number, folder && place(folder), options);
        progress.clear();
        yield { kind: "fetched", file: { ...file, from: client.contactBook.marked(file.from) } };
      } catch (error) {
        const isOfThisOne = all && error instanceof ClientError && error.code !== "interrupted" &&
          !stopsOthers(error);
        if (!isOfThisOne) throw error;
        report(error);
      }
    }
  },
});

/** Returns the files that were announced and are not here yet, of all clients or of one. */
function waitingFiles(client: Client, from: string | undefined) {
  const sender = from === undefined ? undefined : client.contactBook.contact(from);
  return client.transfers().filter(({ direction, state, peer }) => {
    return direction === "down" && (state === "waiting" || state === "active") &&
      (sender === undefined || equalBytes(peer.id, sender.id));
  });
}
