/**
 * Writes messaging-client.1 and messaging-server.1 into a folder.
 *
 * Usage: deno run --no-prompt --allow-write=FOLDER .ci/man_pages.ts FOLDER
 */
import { clientManPage } from "../client/cli/man_page.ts";
import { serverManPage } from "../server/man_page.ts";

const [folder] = Deno.args;
await Deno.writeTextFile(`${folder}/messaging-client.1`, clientManPage());
await Deno.writeTextFile(`${folder}/messaging-server.1`, serverManPage());
