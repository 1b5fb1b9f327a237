/**
 * Publishes a copy of the file in argument 1, made on the disk of the folder in argument 2, in the
 * folder in argument 3, under the name in argument 4, for the owner in argument 5. A process of its
 * own, because `/dev` is closed to a program with ordinary permissions. Prints what happened as
 * JSON.
 */
import { ClientError } from "../../../client/errors.ts";
import { publishFile } from "../../../client/disk/files.ts";

/** What happened. */
export interface Published {
  path?: string;
  error?: { code: string; message: string };
  /** Whether the draft is still there. */
  draftLeft: boolean;
}

if (import.meta.main) {
  const [content, disk, folder, name, owner] = Deno.args;
  const drafts = await Deno.makeTempDir({ dir: disk });
  const draft = `${drafts}/draft`;
  const published: Published = { draftLeft: true };
  try {
    await Deno.copyFile(content, draft);
    published.path = await publishFile(draft, folder, { name, owner });
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    published.error = { code: error.code, message: error.message };
  } finally {
    published.draftLeft = [...Deno.readDirSync(drafts)].length > 0;
    await Deno.remove(drafts, { recursive: true });
  }
  console.log(JSON.stringify(published));
}
