/** Every command, in the order in which help shows them. */
import type { AnyCommand } from "./command.ts";
import { backup } from "./commands/backup.ts";
import { clients } from "./commands/clients.ts";
import { compact } from "./commands/compact.ts";
import { config } from "./commands/config.ts";
import { fingerprint } from "./commands/fingerprint.ts";
import { health } from "./commands/health.ts";
import { help } from "./commands/help.ts";
import { invite } from "./commands/invite.ts";
import { renewKey } from "./commands/renew_key.ts";
import { repair } from "./commands/repair.ts";
import { restore } from "./commands/restore.ts";
import { serve } from "./commands/serve.ts";
import { stats } from "./commands/stats.ts";
import { verify } from "./commands/verify.ts";
import { version } from "./commands/version.ts";

export const COMMANDS: readonly AnyCommand[] = [
  serve,
  config,
  stats,
  clients,
  invite,
  compact,
  fingerprint,
  backup,
  restore,
  verify,
  repair,
  renewKey,
  health,
  help,
  version,
];
