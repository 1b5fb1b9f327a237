/** Contents that stay for as long as somebody works with them. */
import { takeDataFolder } from "../data_folder.ts";
import { ask, type ServerPlace } from "./run_operation.ts";

/**
 * Runs `work` while no content in the folder of `place` is deleted: the server that runs there
 * leaves that for later, or else this process takes the folder. The signal ends the work if the
 * server stops meanwhile.
 * @throws {Error} if there is no such folder
 */
export async function holdContents<T>(
  place: ServerPlace,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  using folder = await takeDataFolder(place.data);
  const lost = new AbortController();
  if (folder) return await work(lost.signal);
  const held = Promise.withResolvers<void>();
  let done = false;
  const holding = ask("hold-contents", {}, place, () => {
    if (done) throw new Error("the work is done");
    held.resolve();
  });
  holding.catch((error) => lost.abort(error));
  await Promise.race([held.promise, holding]);
  try {
    return await work(lost.signal);
  } finally {
    done = true;
    await holding.catch(() => {});
  }
}
