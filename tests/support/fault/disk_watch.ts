/** Sees every step by which the code of this process changes the disk. */
import { Database } from "@db/sqlite";

const NAMES = ["open", "remove", "rename"] as const;

/**
 * Calls `note` before and after each statement of a database, and each file that is opened, removed
 * or renamed, until it is disposed of.
 */
export function watchDisk(note: () => void): Disposable {
  const { exec } = Database.prototype;
  Database.prototype.exec = function (...args) {
    note();
    const changes = exec.apply(this, args);
    note();
    return changes;
  };
  const originals = NAMES.map((name) => [name, Deno[name]] as const);
  for (const [name, original] of originals) {
    const watched = async (...args: unknown[]) => {
      note();
      const result = await (original as (...args: unknown[]) => Promise<unknown>)(...args);
      note();
      return result;
    };
    Object.assign(Deno, { [name]: watched });
  }
  return {
    [Symbol.dispose]() {
      Database.prototype.exec = exec;
      Object.assign(Deno, Object.fromEntries(originals));
    },
  };
}
