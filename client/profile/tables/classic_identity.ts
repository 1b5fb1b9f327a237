/** The identity of a classic client in `profile.db`, where a passphrase protects it. */
import type { Database, Statement } from "@db/sqlite";
import type { Bytes } from "../../../shared/bytes.ts";
import type { Identity } from "../me_info.ts";
import { IDENTITIES, IdentityKind } from "./secure_identity.ts";
import { rowOf, type Vault } from "../sealing/vault.ts";

const CONTEXT = rowOf(IDENTITIES.name, IdentityKind.classic);

/** There is at most one. Without a passphrase there is none: `me.info` has it. */
export class ClassicIdentityStore {
  readonly #vault: Vault;
  readonly #select: Statement;
  readonly #put: Statement;
  readonly #remove: Statement;

  constructor(database: Database, vault: Vault) {
    this.#vault = vault;
    const kind = IdentityKind.classic;
    this.#select = database.prepare(`SELECT sealed FROM identities WHERE kind = ${kind}`);
    this.#put = database.prepare(
      `INSERT INTO identities (kind, registered, sealed) VALUES (${kind}, 1, ?) ` +
        "ON CONFLICT DO UPDATE SET sealed = excluded.sealed",
    );
    this.#remove = database.prepare(`DELETE FROM identities WHERE kind = ${kind}`);
  }

  get(): Identity | undefined {
    const sealed = this.#select.value<[Bytes]>()?.[0];
    return sealed && this.#vault.openRow<Identity>(CONTEXT, sealed);
  }

  put({ id, name, privateKey }: Identity): void {
    this.#put.run(this.#vault.sealRow(CONTEXT, { id, name, privateKey }));
  }

  remove(): void {
    this.#remove.run();
  }
}
