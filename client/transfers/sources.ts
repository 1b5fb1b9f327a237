/** What a user sends as a file: a path, or what comes from a stream. */
import { toHex } from "../../shared/bytes.ts";
import { writeNewFile } from "../disk/files.ts";
import { createPrivateFolder } from "../disk/private_file.ts";
import type { Source } from "./file_transfers.ts";
import { fileFacts } from "./transfer_files.ts";

/** What comes from a stream, and what its receiver shall call it. */
export interface NamedContent {
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Returns what is to be read for `file`. A stream is copied first, to a new file in `folder`, which
 * the caller removes.
 * @throws {ClientError} `file`
 */
export async function sourceOf(
  file: string | NamedContent,
  folder: string,
  random: (size: number) => Uint8Array,
): Promise<Source> {
  if (typeof file === "string") {
    return { name: baseName(file), path: file, spooled: false, ...await fileFacts(file) };
  }
  await createPrivateFolder(folder);
  const path = `${folder}/${toHex(random(16))}`;
  await writeNewFile(path, file.content);
  return { name: file.name, path, spooled: true, ...await fileFacts(path) };
}

/** Returns the last part of a path. */
function baseName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}
