/** Every command, in the order in which help shows them. */
import type { AnyCommand } from "./command.ts";
import { add } from "./commands/add.ts";
import { alias } from "./commands/alias.ts";
import { archive } from "./commands/archive.ts";
import { block } from "./commands/block.ts";
import { card } from "./commands/card.ts";
import { chat } from "./commands/chat.ts";
import { completions } from "./commands/completions.ts";
import { conversations } from "./commands/conversations.ts";
import { daemon } from "./commands/daemon.ts";
import { draft } from "./commands/draft.ts";
import { edit } from "./commands/edit.ts";
import { deleteCommand } from "./commands/delete.ts";
import { react } from "./commands/react.ts";
import { timer } from "./commands/timer.ts";
import { receipts } from "./commands/receipts.ts";
import { exportCommand } from "./commands/export.ts";
import { fetch } from "./commands/fetch.ts";
import { files } from "./commands/files.ts";
import { forget } from "./commands/forget.ts";
import { help } from "./commands/help.ts";
import { history } from "./commands/history.ts";
import { importCommand } from "./commands/import.ts";
import { key } from "./commands/key.ts";
import { list } from "./commands/list.ts";
import { lock } from "./commands/lock.ts";
import { markRead } from "./commands/mark_read.ts";
import { menu } from "./commands/menu.ts";
import { mute } from "./commands/mute.ts";
import { passphrase } from "./commands/passphrase.ts";
import { receive } from "./commands/receive.ts";
import { register } from "./commands/register.ts";
import { requestKey } from "./commands/request_key.ts";
import { search } from "./commands/search.ts";
import { send } from "./commands/send.ts";
import { sendFile } from "./commands/send_file.ts";
import { sendKey } from "./commands/send_key.ts";
import { server } from "./commands/server.ts";
import { setup } from "./commands/setup.ts";
import { status } from "./commands/status.ts";
import { stop } from "./commands/stop.ts";
import { test } from "./commands/test.ts";
import { transfers } from "./commands/transfers.ts";
import { unblock } from "./commands/unblock.ts";
import { unregister } from "./commands/unregister.ts";
import { verify } from "./commands/verify.ts";
import { version } from "./commands/version.ts";
import { whoami } from "./commands/whoami.ts";

const CLIENTS = [menu, setup, register, unregister, whoami, list, key, requestKey, sendKey];
const MESSAGES = [chat, send, sendFile, receive, files, fetch, transfers, history, forget];
const CHANGES = [edit, deleteCommand, react, timer, receipts];
const CONVERSATIONS = [conversations, search, markRead, mute, archive, draft];
const CONTACTS = [verify, alias, block, unblock, card, add];
const ENGINE = [daemon, status, stop, lock];
const OTHERS = [passphrase, exportCommand, importCommand, server, test, completions, help, version];

export const COMMANDS: readonly AnyCommand[] = [
  CLIENTS,
  MESSAGES,
  CHANGES,
  CONVERSATIONS,
  CONTACTS,
  ENGINE,
  OTHERS,
].flat();
