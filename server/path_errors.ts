/** What is wrong with a path, in words for whoever has named it. */
import { StorageError } from "../shared/errors.ts";

/** By the code that the runtime gives to errors of the system. */
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of this path is a file, where a folder must be",
  EISDIR: "this is a folder, where a file must be",
  EEXIST: "there is something already",
  EACCES: "this user may not use it; run this as its owner, or change its permissions",
  EPERM: "this user may not use it; run this as its owner, or change its permissions",
  ENAMETOOLONG: "the path is too long for this system; choose a shorter one",
  ELOOP: "its links lead back to themselves",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "this user's part of the disk is full",
};

/** Returns what an error of the system says, or undefined for any other. */
export function systemErrorText(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  if (error instanceof StorageError || typeof code !== "string") return undefined;
  return Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
}

/**
 * Runs `work`, which needs what is at `path`. Its errors of the system become words about the path,
 * with `advice` behind them.
 */
export async function onPath<T>(path: string, work: () => Promise<T>, advice = ""): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const text = systemErrorText(error);
    if (text === undefined) throw error;
    throw new Error(`${path}: ${text}${advice === "" ? "" : `; ${advice}`}`, { cause: error });
  }
}
