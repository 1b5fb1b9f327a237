/** The {@link Storage} of one process over one SQLite file: its tables, put together. */
import { Database } from "@db/sqlite";
import type { Bytes } from "../../../shared/bytes.ts";
import type { Deposit } from "../messages.ts";
import type { Client, Storage, TimeMark } from "../storage.ts";
import type { StorageOptions } from "../storage_options.ts";
import { SqliteClients } from "./clients.ts";
import { SqliteFile } from "./database.ts";
import { SqliteDeposits } from "./deposits.ts";
import { SqliteDepartures } from "./departures.ts";
import { SqliteFiles } from "./files.ts";
import { SqliteInvites } from "./invites.ts";
import { SqliteLeases } from "./leases.ts";
import { SqliteMailboxes } from "./mailboxes.ts";
import { prepareDatabase } from "./migrations.ts";
import { SqliteOccupancy } from "./occupancy.ts";
import { SqlitePrekeys } from "./prekeys.ts";
import { SqliteQuotas } from "./quotas.ts";
import { SqliteSpace } from "./space.ts";
import { SqliteTally } from "./tally.ts";
import { SqliteTimeMark } from "./time_mark.ts";
import { SqliteTokens } from "./tokens.ts";

export class SqliteStorage implements Storage {
  readonly files: SqliteFiles;
  readonly prekeys: SqlitePrekeys;
  readonly invites: SqliteInvites;
  readonly leases: SqliteLeases;
  readonly #file: SqliteFile;
  readonly #clients: SqliteClients;
  readonly #departures: SqliteDepartures;
  readonly #tokens: SqliteTokens;
  readonly #mailboxes: SqliteMailboxes;
  readonly #deposits: SqliteDeposits;
  readonly #quotas: SqliteQuotas;
  readonly #space: SqliteSpace;
  readonly #options: StorageOptions;
  readonly #timeMark: SqliteTimeMark;

  /**
   * Opens the database at `path`, and creates it on the first run.
   * @throws {StorageError} `failed` for a database of another or a newer program, or a damaged one
   */
  constructor(path: string, options: StorageOptions) {
    const database = new Database(path, { int64: true });
    prepareDatabase(database, options);
    const file = this.#file = new SqliteFile(path, database, options);
    this.invites = new SqliteInvites(file, options.now);
    const occupancy = new SqliteOccupancy(file);
    this.#clients = new SqliteClients(file, options, { invites: this.invites, occupancy });
    const tally = new SqliteTally(file, occupancy);
    this.#tokens = new SqliteTokens(file, options.now, tally);
    this.#options = options;
    this.#space = new SqliteSpace(file, options.clock);
    this.#mailboxes = new SqliteMailboxes(file, tally, occupancy);
    this.#quotas = new SqliteQuotas(file, options.limits, tally, this.#tokens);
    this.#deposits = new SqliteDeposits(file, options, {
      tokens: this.#tokens,
      quotas: this.#quotas,
      watches: this.#mailboxes.watches,
      tally,
      occupancy,
    });
    this.#timeMark = new SqliteTimeMark(file);
    this.files = new SqliteFiles(file, options, this.#quotas);
    this.#departures = new SqliteDepartures(file, this.#mailboxes, this.files);
    this.prekeys = new SqlitePrekeys(file, options.limits, this.#quotas);
    this.leases = new SqliteLeases(file, this.#mailboxes);
  }

  register = (client: Client, invite?: Bytes) => this.#clients.register(client, invite);
  client = (id: Bytes) => this.#clients.client(id);
  unregister = async (id: Bytes) => {
    await this.#clients.unregister(id);
    this.#quotas.forget(); // one of its own has gone with it
  };
  removeRemains = () => this.#departures.removeRemains();
  setQuota = async (id: Bytes, quota: number | null) => {
    await this.#clients.setQuota(id, quota);
    this.#quotas.forget();
  };
  clients = (ids: readonly Bytes[]) => this.#clients.clients(ids);
  clientNamed = (name: string) => this.#clients.clientNamed(name);
  clientsBehind = (...place: Parameters<Storage["clientsBehind"]>) =>
    this.#clients.clientsBehind(...place);
  clientsExcept = (except: Bytes) => this.#clients.clientsExcept(except);
  deposit = (deposit: Deposit) => this.#deposits.deposit(deposit);
  receive = (...content: Parameters<Storage["receive"]>) => this.#deposits.receive(...content);
  heads = (...from: Parameters<Storage["heads"]>) => this.#mailboxes.heads(...from);
  page = (...from: Parameters<Storage["page"]>) => this.#mailboxes.page(...from);
  watch = (...watch: Parameters<Storage["watch"]>) => this.#mailboxes.watch(...watch);
  acknowledge = (mailbox: Bytes, ids: readonly number[]) =>
    this.#mailboxes.acknowledge(mailbox, ids);
  timeMark = () => this.#timeMark.get();
  keepTimeMark = (mark: TimeMark) => this.#timeMark.keep(mark);
  stats = () => this.#file.read(() => this.#quotas.stats(this.#clients.count()));
  probe = () => this.#quotas.probe();
  giveBack = () => this.#space.giveBack();
  compact = () => this.#space.compact();
  expireMessages = () => this.#mailboxes.expire(this.#options);
  forgetTokens = () => this.#tokens.forget();
  neededBlobs = (names: readonly string[]) => this.#mailboxes.neededBlobs(names);

  close = () => this.#file.close();
}
