/** The paths of files that begin with what was typed. */

/** How many are offered. */
const MOST = 50;

/** Returns them sorted; those of folders end with a slash. `~/` stands for `home`. */
export async function pathOffers(typed: string, home: string | undefined): Promise<string[]> {
  const path = home && typed.startsWith("~/") ? home + typed.slice(1) : typed;
  const at = path.lastIndexOf("/") + 1;
  const [folder, start] = [path.slice(0, at), path.slice(at)];
  const found: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder || ".")) {
      const isHidden = name.startsWith(".") && !start.startsWith(".");
      if (!name.startsWith(start) || isHidden) continue;
      found.push(`${folder}${name}${isDirectory ? "/" : ""}`);
    }
  } catch {
    return []; // no such folder, or none that can be read
  }
  return found.sort().slice(0, MOST);
}
