/** A storage of which a test replaces some operations. */
import type { Storage } from "../../../server/storage/storage.ts";

/** `storage`, but for the operations in `replaced`. */
export function storageWith(storage: Storage, replaced: Partial<Storage>): Storage {
  return {
    files: storage.files,
    register: (client) => storage.register(client),
    client: (id) => storage.client(id),
    clientsExcept: (except) => storage.clientsExcept(except),
    deposit: (deposit) => storage.deposit(deposit),
    waiting: (mailbox, after, fits) => storage.waiting(mailbox, after, fits),
    watch: (mailbox, notify) => storage.watch(mailbox, notify),
    acknowledge: (mailbox, messageIds) => storage.acknowledge(mailbox, messageIds),
    forgetTokens: () => storage.forgetTokens(),
    publishPrekeys: (owner, prekeys, options) => storage.publishPrekeys(owner, prekeys, options),
    checkIn: (client, mark) => storage.checkIn(client, mark),
    drawPrekeys: (owner, options) => storage.drawPrekeys(owner, options),
    lease: (mailbox, fits) => storage.lease(mailbox, fits),
    content: (mailbox, messageId) => storage.content(mailbox, messageId),
    remove: (lease, messages) => storage.remove(lease, messages),
    release: (lease) => storage.release(lease),
    blobs: () => storage.blobs(),
    close: () => storage.close(),
    ...replaced,
  };
}
