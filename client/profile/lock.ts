/** The lock that keeps other processes out of a profile while it is in use. */
import { ClientError } from "../errors.ts";
import { tryLock } from "../disk/private_file.ts";

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
  for (let waited = 0;; waited += PAUSE) {
    const lock = await tryLock(`${folder}/profile.lock`);
    if (lock) return lock;
    if (waited >= PATIENCE) {
      const message = `the profile ${folder} is in use by another messaging-client; wait for it`;
      throw new ClientError("in-use", `${message}, stop it, or use another --profile DIR`);
    }
    await sleep(PAUSE);
  }
}
