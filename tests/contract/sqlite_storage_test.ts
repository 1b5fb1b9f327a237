import { SqliteStorage } from "../../server/storage/sqlite_storage.ts";
import { clientContract } from "./client_contract.ts";
import { leaseContract } from "./lease_contract.ts";
import { mailboxContract } from "./mailbox_contract.ts";
import type { Engine } from "./storage_contract.ts";

const sqlite: Engine = {
  name: "SQLite storage",
  open: (folder, limits) =>
    Promise.resolve(new SqliteStorage(`${folder}/server.db`, { limits, now: () => 1 })),
};

clientContract(sqlite);
mailboxContract(sqlite);
leaseContract(sqlite);
