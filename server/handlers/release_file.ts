/** Request 124: a receiver has a file whole, or its uploader takes it back. */
import { type Bytes, equalBytes } from "../../shared/bytes.ts";
import type { SecureResponse } from "../../shared/protocol/secure_response.ts";
import type { Services } from "../services.ts";

/** Does nothing where the file is gone, or is not for the asker: so a repeat succeeds. */
export async function releaseFile(
  { blob }: { blob: Bytes },
  asker: Bytes,
  { storage, chunks, log }: Services,
): Promise<SecureResponse & { kind: "released" }> {
  return await chunks.use(blob, async (bytes) => {
    const file = await storage.files.find(blob);
    if (!file) return { kind: "released" };
    const owned = equalBytes(file.owner, asker);
    if (owned) await storage.files.remove(blob);
    if (owned || await storage.files.release(blob, asker)) {
      // What cannot be removed now is swept at the next start.
      await bytes.remove().catch((error) =>
        log.error("A file cannot be removed: {error}", { error })
      );
    }
    return { kind: "released" };
  });
}
