/**
 * How much is stored, for each client and in all. SQLite itself counts files and prekeys, as their
 * rows come and go; messages and tokens, which are many, are summed up in each transaction ({@link
 * ./tally.ts}).
 */
import {
  FILE_OVERHEAD,
  MESSAGE_OVERHEAD,
  PREKEY_OVERHEAD,
  RECEIVER_OVERHEAD,
  TOKEN_OVERHEAD,
} from "../storage_options.ts";

/** What a prekey counts for, and whom: its owner, also one that has left and is being deleted. */
const prekeySize = (row: string) =>
  `(${PREKEY_OVERHEAD} + length(${row}.key) + length(${row}.signature))`;
const prekeyOwner = (row: "old" | "new") =>
  `(SELECT coalesce(left_as, id) FROM clients WHERE number = ${row}.owner)`;

/** Selects what {@link USAGE_SCHEMA} counts for each client: the rows of the table `usage`. */
export const USAGE_NOW = "SELECT client, sum(bytes), sum(tokens), sum(files), sum(uploads) FROM (" +
  `SELECT coalesce(payer, sender) AS client, ${MESSAGE_OVERHEAD} + size AS bytes, ` +
  "0 AS tokens, 0 AS files, 0 AS uploads FROM messages UNION ALL " +
  `SELECT sender, ${TOKEN_OVERHEAD}, 1, 0, 0 FROM tokens UNION ALL ` +
  `SELECT owner, ${FILE_OVERHEAD} + charged, 0, 1, 1 - complete FROM files UNION ALL ` +
  `SELECT owner, ${RECEIVER_OVERHEAD}, 0, 0, 0 FROM file_receivers JOIN files ON number = file ` +
  `UNION ALL SELECT coalesce(left_as, clients.id), ${prekeySize("prekeys")}, 0, 0, 0 ` +
  "FROM prekeys JOIN clients ON number = owner" +
  ") GROUP BY client";

/** Selects the same of all together: the row of the table `totals`. */
export const TOTALS_NOW = "SELECT messages * " +
  `${MESSAGE_OVERHEAD} + message_bytes + files * ${FILE_OVERHEAD} + file_bytes + ` +
  `(SELECT count(*) FROM tokens) * ${TOKEN_OVERHEAD} + ` +
  `(SELECT count(*) FROM file_receivers) * ${RECEIVER_OVERHEAD} + ` +
  `(SELECT coalesce(sum(${prekeySize("prekeys")}), 0) FROM prekeys), ` +
  "messages, message_bytes, files, file_bytes FROM " +
  "(SELECT count(*) AS messages, coalesce(sum(size), 0) AS message_bytes FROM messages), " +
  "(SELECT count(*) AS files, coalesce(sum(charged), 0) AS file_bytes FROM files)";

/** The owner of the file of a receiver. */
const owner = (row: "old" | "new") => `(SELECT owner FROM files WHERE number = ${row}.file)`;

export const USAGE_SCHEMA = `
  ALTER TABLE messages ADD COLUMN payer BLOB; -- whom it counts for, if not its sender
  ALTER TABLE messages ADD COLUMN deposited_at INTEGER NOT NULL DEFAULT 0; -- ms since 1970
  UPDATE messages SET deposited_at = unixepoch() * 1000;
  ALTER TABLE messages ADD COLUMN counted INTEGER NOT NULL DEFAULT 0; -- whether it is in shares

  ALTER TABLE files ADD COLUMN charged INTEGER NOT NULL DEFAULT 0; -- bytes that count by now
  UPDATE files SET charged = size;

  -- What counts for each client: all that it has sent and that is still here.
  CREATE TABLE usage (
    client  BLOB PRIMARY KEY NOT NULL,
    bytes   INTEGER NOT NULL,
    tokens  INTEGER NOT NULL DEFAULT 0,
    files   INTEGER NOT NULL DEFAULT 0,
    uploads INTEGER NOT NULL DEFAULT 0  -- files that are not complete
  ) STRICT, WITHOUT ROWID;

  -- The same of all together, in one row; and what of it are contents.
  CREATE TABLE totals (
    bytes         INTEGER NOT NULL,
    messages      INTEGER NOT NULL,
    message_bytes INTEGER NOT NULL,
    files         INTEGER NOT NULL,
    file_bytes    INTEGER NOT NULL
  ) STRICT;

  -- What each client has in those mailboxes that hold much. Of the others, which are almost all,
  -- it is not counted: that would cost each message one more page of the database.
  CREATE TABLE shares (
    mailbox  INTEGER NOT NULL,
    client   BLOB NOT NULL,
    messages INTEGER NOT NULL,
    bytes    INTEGER NOT NULL, -- of content
    PRIMARY KEY (mailbox, client)
  ) STRICT, WITHOUT ROWID;

  INSERT INTO usage (client, bytes, tokens, files, uploads) ${USAGE_NOW};
  INSERT INTO totals (bytes, messages, message_bytes, files, file_bytes) ${TOTALS_NOW};
  DROP TABLE file_usage;

  CREATE TRIGGER file_added AFTER INSERT ON files BEGIN
    INSERT INTO usage (client, bytes, files, uploads)
      VALUES (new.owner, ${FILE_OVERHEAD} + new.charged, 1, 1 - new.complete)
      ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes, files = files + 1,
        uploads = uploads + excluded.uploads;
    UPDATE totals SET bytes = bytes + ${FILE_OVERHEAD} + new.charged, files = files + 1,
      file_bytes = file_bytes + new.charged;
  END;

  CREATE TRIGGER file_changed AFTER UPDATE OF charged, complete ON files BEGIN
    UPDATE usage SET bytes = bytes + new.charged - old.charged,
      uploads = uploads + old.complete - new.complete WHERE client = new.owner;
    UPDATE totals SET bytes = bytes + new.charged - old.charged,
      file_bytes = file_bytes + new.charged - old.charged;
  END;

  CREATE TRIGGER file_removed AFTER DELETE ON files BEGIN
    UPDATE usage SET bytes = bytes - ${FILE_OVERHEAD} - old.charged, files = files - 1,
      uploads = uploads - (1 - old.complete) WHERE client = old.owner;
    UPDATE totals SET bytes = bytes - ${FILE_OVERHEAD} - old.charged, files = files - 1,
      file_bytes = file_bytes - old.charged;
  END;

  CREATE TRIGGER receiver_added AFTER INSERT ON file_receivers BEGIN
    UPDATE usage SET bytes = bytes + ${RECEIVER_OVERHEAD} WHERE client = ${owner("new")};
    UPDATE totals SET bytes = bytes + ${RECEIVER_OVERHEAD};
  END;

  -- Before its file is.
  CREATE TRIGGER receiver_removed AFTER DELETE ON file_receivers BEGIN
    UPDATE usage SET bytes = bytes - ${RECEIVER_OVERHEAD} WHERE client = ${owner("old")};
    UPDATE totals SET bytes = bytes - ${RECEIVER_OVERHEAD};
  END;

  CREATE TRIGGER prekey_added AFTER INSERT ON prekeys BEGIN
    INSERT INTO usage (client, bytes) VALUES (${prekeyOwner("new")}, ${prekeySize("new")})
      ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes;
    UPDATE totals SET bytes = bytes + ${prekeySize("new")};
  END;

  CREATE TRIGGER prekey_removed AFTER DELETE ON prekeys BEGIN
    UPDATE usage SET bytes = bytes - ${prekeySize("old")} WHERE client = ${prekeyOwner("old")};
    UPDATE totals SET bytes = bytes - ${prekeySize("old")};
  END;

  CREATE TRIGGER usage_ended AFTER UPDATE OF bytes ON usage WHEN new.bytes <= 0 BEGIN
    DELETE FROM usage WHERE client = new.client;
  END;
`;
