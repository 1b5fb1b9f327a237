import { openStorage } from "../../server/storage/open_storage.ts";
import { acknowledgeContract } from "./acknowledge_contract.ts";
import { clientContract } from "./client_contract.ts";
import { departureContract } from "./departure_contract.ts";
import { directoryContract } from "./directory_contract.ts";
import { expiryContract } from "./expiry_contract.ts";
import { fileContract } from "./file_contract.ts";
import { leaseContract } from "./lease_contract.ts";
import { mailboxContract } from "./mailbox_contract.ts";
import { pageContract } from "./page_contract.ts";
import { prekeyContract } from "./prekey_contract.ts";
import { quotaContract } from "./quota_contract.ts";
import { registrationContract } from "./registration_contract.ts";
import type { Engine } from "./storage_contract.ts";
import { timeMarkContract } from "./time_mark_contract.ts";
import { tokenContract } from "./token_contract.ts";
import { usageContract } from "./usage_contract.ts";

const sqlite: Engine = {
  name: "SQLite storage",
  open: (folder, options) => openStorage(`${folder}/server.db`, options),
};

clientContract(sqlite);
mailboxContract(sqlite);
leaseContract(sqlite);
pageContract(sqlite);
acknowledgeContract(sqlite);
tokenContract(sqlite);
prekeyContract(sqlite);
fileContract(sqlite);
expiryContract(sqlite);
quotaContract(sqlite);
usageContract(sqlite);
directoryContract(sqlite);
departureContract(sqlite);
registrationContract(sqlite);
timeMarkContract(sqlite);
