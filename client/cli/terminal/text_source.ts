/** Where a text comes from that is no argument: standard input, a file, an editor. */
import { concatAll, fromUtf8, utf8 } from "../../../shared/bytes.ts";
import { MAX_TEXT_SIZE } from "../../../shared/limits.ts";
import { readFile, temporaryFolder, writeNewFile } from "../../disk/files.ts";
import { ClientError } from "../../errors.ts";
import { runEditor } from "./programs.ts";
import { inputBytes } from "./terminal.ts";

/** By default standard input. */
export interface TextSource {
  /** The path of a file. */
  readonly file?: string;
  /** Whether the person writes it in an editor. */
  readonly editor?: boolean;
}

/** Where neither VISUAL nor EDITOR is set. */
const DEFAULT_EDITOR = "vi";

interface Surroundings {
  /** The profile's folder. */
  readonly profile: string;
  environment(variable: string): string | undefined;
}

/**
 * Returns a text without one line end at its end.
 * @throws {ClientError} `bad-text` if it is not UTF-8, or longer than a text may be; `file`;
 * `program` if the editor fails
 */
export async function readText(source: TextSource, surroundings: Surroundings): Promise<string> {
  if (source.editor) return await editedText(surroundings);
  const { file } = source;
  if (file === undefined) return await textOf(inputBytes("text"), "standard input");
  return await textOf(readFile(file), file);
}

async function textOf(content: AsyncIterable<Uint8Array>, what: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of content) {
    parts.push(part);
    size += part.length;
    // One line end more than a text may have.
    if (size > MAX_TEXT_SIZE + 2) {
      throw new ClientError("bad-text", "the text is longer than 1 MiB; send it as a file");
    }
  }
  try {
    return fromUtf8(concatAll(parts)).replace(/\r?\n$/, "");
  } catch {
    throw new ClientError("bad-text", `${what} is not UTF-8 text; send it as a file`);
  }
}

/**
 * Returns what the person has written in an editor; "" if that is nothing but blanks. The file that
 * it opens, and whatever it leaves beside that, lies in a folder that nobody else may enter: in
 * memory where the system has such a place, else in the profile's folder. Then it is removed.
 */
async function editedText({ profile, environment }: Surroundings): Promise<string> {
  const editor = environment("VISUAL") || environment("EDITOR") || DEFAULT_EDITOR;
  await using folder = await temporaryFolder(environment("XDG_RUNTIME_DIR") || profile);
  const path = `${folder.path}/message.txt`;
  await writeNewFile(path, [utf8("")]);
  const code = await runEditor(editor, path);
  if (code !== 0) {
    const what = `the editor "${editor}" ended with exit code ${code}`;
    throw new ClientError(
      "program",
      `${what}; nothing was sent. VISUAL or EDITOR names another`,
    );
  }
  const text = await textOf(readFile(path), "the text");
  return text.trim() === "" ? "" : text;
}
