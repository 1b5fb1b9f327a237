/**
 * How much is stored, for each client and in all. SQLite itself counts, as rows come and go, so
 * that no operation can forget it.
 */

/** Whom a message counts for: a column of it, or else its sender. */
const payer = (row: "old" | "new") => `coalesce(${row}.payer, ${row}.sender)`;

export const USAGE_SCHEMA = `
  ALTER TABLE messages ADD COLUMN payer BLOB; -- whom it counts for, if not its sender
  ALTER TABLE messages ADD COLUMN deposited_at INTEGER NOT NULL DEFAULT 0; -- ms since 1970
  UPDATE messages SET deposited_at = unixepoch() * 1000;
  ALTER TABLE messages ADD COLUMN counted INTEGER NOT NULL DEFAULT 0; -- whether it is in shares

  ALTER TABLE files ADD COLUMN charged INTEGER NOT NULL DEFAULT 0; -- bytes that count by now
  UPDATE files SET charged = size;

  -- What each client has sent that is still here. Bytes of messages are those of their contents.
  CREATE TABLE usage (
    client        BLOB PRIMARY KEY NOT NULL,
    messages      INTEGER NOT NULL DEFAULT 0,
    message_bytes INTEGER NOT NULL DEFAULT 0,
    files         INTEGER NOT NULL DEFAULT 0,
    file_bytes    INTEGER NOT NULL DEFAULT 0,
    uploads       INTEGER NOT NULL DEFAULT 0  -- files that are not complete
  ) STRICT, WITHOUT ROWID;

  -- The same of all together, in one row.
  CREATE TABLE totals (
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

  INSERT INTO usage (client, messages, message_bytes)
    SELECT sender, count(*), sum(size) FROM messages GROUP BY sender;
  INSERT INTO usage (client, files, file_bytes, uploads)
    SELECT owner, count(*), sum(size), sum(complete = 0) FROM files WHERE true GROUP BY owner
    ON CONFLICT (client) DO UPDATE SET
      files = excluded.files, file_bytes = excluded.file_bytes, uploads = excluded.uploads;
  INSERT INTO totals
    SELECT total(messages), total(message_bytes), total(files), total(file_bytes) FROM usage;
  DROP TABLE file_usage;

  CREATE TRIGGER message_added AFTER INSERT ON messages BEGIN
    UPDATE clients SET last_message = max(last_message, new.id), messages = messages + 1,
      bytes = bytes + new.size WHERE number = new.mailbox;
    INSERT INTO usage (client, messages, message_bytes) VALUES (${payer("new")}, 1, new.size)
      ON CONFLICT DO UPDATE SET messages = messages + 1,
        message_bytes = message_bytes + excluded.message_bytes;
    UPDATE totals SET messages = messages + 1, message_bytes = message_bytes + new.size;
  END;

  CREATE TRIGGER share_grown AFTER INSERT ON messages WHEN new.counted = 1 BEGIN
    INSERT INTO shares VALUES (new.mailbox, ${payer("new")}, 1, new.size)
      ON CONFLICT DO UPDATE SET messages = messages + 1, bytes = bytes + excluded.bytes;
  END;

  CREATE TRIGGER message_removed AFTER DELETE ON messages BEGIN
    UPDATE clients SET messages = messages - 1, bytes = bytes - old.size
      WHERE number = old.mailbox;
    UPDATE usage SET messages = messages - 1, message_bytes = message_bytes - old.size
      WHERE client = ${payer("old")};
    DELETE FROM usage WHERE client = ${payer("old")} AND messages = 0 AND files = 0;
    UPDATE totals SET messages = messages - 1, message_bytes = message_bytes - old.size;
  END;

  CREATE TRIGGER share_shrunk AFTER DELETE ON messages WHEN old.counted = 1 BEGIN
    UPDATE shares SET messages = messages - 1, bytes = bytes - old.size
      WHERE mailbox = old.mailbox AND client = ${payer("old")};
    DELETE FROM shares
      WHERE mailbox = old.mailbox AND client = ${payer("old")} AND messages = 0;
  END;

  CREATE TRIGGER file_added AFTER INSERT ON files BEGIN
    INSERT INTO usage (client, files, file_bytes, uploads)
      VALUES (new.owner, 1, new.charged, 1 - new.complete)
      ON CONFLICT DO UPDATE SET files = files + 1, file_bytes = file_bytes + excluded.file_bytes,
        uploads = uploads + excluded.uploads;
    UPDATE totals SET files = files + 1, file_bytes = file_bytes + new.charged;
  END;

  CREATE TRIGGER file_changed AFTER UPDATE OF charged, complete ON files BEGIN
    UPDATE usage SET file_bytes = file_bytes + new.charged - old.charged,
      uploads = uploads + old.complete - new.complete WHERE client = new.owner;
    UPDATE totals SET file_bytes = file_bytes + new.charged - old.charged;
  END;

  CREATE TRIGGER file_removed AFTER DELETE ON files BEGIN
    UPDATE usage SET files = files - 1, file_bytes = file_bytes - old.charged,
      uploads = uploads - (1 - old.complete) WHERE client = old.owner;
    DELETE FROM usage WHERE client = old.owner AND messages = 0 AND files = 0;
    UPDATE totals SET files = files - 1, file_bytes = file_bytes - old.charged;
  END;
`;
