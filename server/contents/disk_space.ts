import { statfs } from "node:fs/promises";

/** Returns the bytes of the file system of `folder`: all, and those that are free for this user. */
export async function diskSpace(folder: string): Promise<{ total: number; free: number }> {
  const { bsize, blocks, bavail } = await statfs(folder);
  return { total: bsize * blocks, free: bsize * bavail };
}
