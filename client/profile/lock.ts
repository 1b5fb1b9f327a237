/** The lock that keeps other processes out of a profile while it is in use. */
import { ClientError } from "../errors.ts";
import { lockHolder, tryLock } from "../disk/private_file.ts";

/** Milliseconds to wait: commands that follow each other in a script must not collide. */
const PATIENCE = 2000;
const PAUSE = 50;

/** Waits for that many milliseconds. */
export type Sleep = (milliseconds: number) => Promise<void>;

/**
 * Takes the lock of the profile in `folder`; waits up to 2 seconds for it.
 * @throws {ClientError} `in-use`
 */
export async function lockProfile(folder: string, sleep: Sleep): Promise<Disposable> {
  const path = `${folder}/profile.lock`;
  for (let waited = 0;; waited += PAUSE) {
    const lock = await tryLock(path);
    if (lock) return lock;
    if (waited >= PATIENCE) {
      const holder = await lockHolder(path);
      const who = holder === undefined ? "" : `, process ${holder}`;
      const message = `the profile ${folder} is in use by another messaging-client${who}`;
      throw new ClientError("in-use", `${message}; wait for it, or stop it`);
    }
    await sleep(PAUSE);
  }
}

/** Reports whether somebody has the lock of the profile in `folder`. */
export async function isLocked(folder: string): Promise<boolean> {
  using lock = await tryLock(`${folder}/profile.lock`);
  return lock === null;
}
