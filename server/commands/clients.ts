import { UsageError } from "../../shared/args.ts";
import { parseSize, sizeText } from "../../shared/size.ts";
import { type CommandContext, serverCommand } from "../command.ts";
import { type ClientInfo, CLIENTS_PAGE, type ResultOf } from "../control/operations.ts";
import { JSON_OPTION, run, shownName } from "./operation.ts";

export const clients = serverCommand({
  name: "clients",
  operands: {
    action: { name: "ACTION", words: ["list", "remove", "limit"] },
    client: { name: "CLIENT", optional: true },
    size: { name: "SIZE", optional: true },
  },
  options: { ...JSON_OPTION, yes: { help: "Remove without further question" } },
  summary: "List clients, remove one, or limit what one may store",
  details: "  clients list [PREFIX]       those whose names begin with PREFIX, by name, and the\n" +
    "                              quotas of their own\n" +
    "  clients remove CLIENT --yes a client and all that waits for it\n" +
    "  clients limit CLIENT SIZE   a quota of its own, such as 10M, in place of --quota;\n" +
    "                              default takes it away\n" +
    "CLIENT is a name, or an ID of 32 hex digits.",
  check({ action, client, size, yes }) {
    if (action !== "list" && client === undefined) throw new UsageError(`${action} whom?`);
    if (action === "limit" ? size === undefined : size !== undefined) {
      throw new UsageError(
        action === "limit" ? "limit takes a client and a size" : `unexpected argument "${size}"`,
      );
    }
    if (action === "limit") parseQuota(size!);
    if (action === "remove" && !yes) {
      throw new UsageError("all that waits for the client goes with it; to do it, add --yes");
    }
  },
  async run({ action, client = "", size = "", json }, context) {
    const show = (info: ClientInfo & { quota?: number | null }) => {
      if (json) return console.log(JSON.stringify(info));
      const { name, id, secure, quota = null } = info;
      const marks = [secure ? [] : "classic", quota === null ? [] : `quota ${sizeText(quota)}`];
      const shown = marks.flat().join(", ");
      console.log(`${id}  ${shownName(name)}${shown && ` (${shown})`}`);
    };
    switch (action) {
      case "list":
        for await (const one of all(client, context)) show(one);
        return;
      case "remove":
        return show(await run("remove-client", { client }, context));
      case "limit": {
        const { quota, ...info } = await run(
          "limit-client",
          { client, quota: parseQuota(size) },
          context,
        );
        if (json) return console.log(JSON.stringify({ ...info, quota }));
        const what = quota === null ? "everyone's quota" : `a quota of ${sizeText(quota)}`;
        console.log(`${shownName(info.name)} has ${what}`);
      }
    }
  },
});

async function* all(
  prefix: string,
  context: CommandContext,
): AsyncIterable<ResultOf<"clients">[number]> {
  for (let after = "";;) {
    const page = await run("clients", { prefix, after }, context);
    yield* page;
    if (page.length < CLIENTS_PAGE) return;
    after = page[page.length - 1].name;
  }
}

/** Returns bytes, or null for "default". @throws {UsageError} */
function parseQuota(text: string): number | null {
  if (text === "default") return null;
  const bytes = parseSize(text);
  if (bytes !== null) return bytes;
  throw new UsageError(`limit takes a size such as 500M, or default, not "${text}"`);
}
