/** The files of the project, and which of them import which, as Deno resolves it. */

/** The root of the project, with a slash at its end. */
const ROOT = new URL("../../../", import.meta.url);

/** Folders that are made, fetched, or data. */
const SKIPPED = new Set([".git", "node_modules", "dist", "bench-results", "tests/vectors"]);

/** The paths of all files below `folder`, from the root and with slashes. */
export function listFiles(folder = ""): string[] {
  const paths: string[] = [];
  for (const { name, isFile, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    const path = folder + name;
    if (SKIPPED.has(path)) continue;
    if (isFile) paths.push(path);
    if (isDirectory) paths.push(...listFiles(`${path}/`));
  }
  return paths.sort();
}

export function readText(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** The keys of the import map in `deno.json`. */
export function readImportMap(): string[] {
  const config: { imports: Record<string, string> } = JSON.parse(readText("deno.json"));
  return Object.keys(config.imports);
}

/** One import of a module, of types as well. */
export interface Import {
  /** As it is written. */
  readonly specifier: string;
  /** The file of the project that it leads to; null if it leads elsewhere. */
  readonly file: string | null;
  readonly dynamic: boolean;
  /** Whether it is of types alone, of which nothing is loaded. */
  readonly types: boolean;
}

/** The imports of each module, by its path from the root. */
export type Imports = ReadonlyMap<string, readonly Import[]>;

/** What `deno info --json` says, as far as it is used. */
interface Info {
  modules: {
    specifier: string;
    dependencies?: {
      specifier: string;
      code?: { specifier?: string };
      type?: { specifier?: string };
      isDynamic?: boolean;
    }[];
  }[];
}

/** The imports of all modules of the project. */
export async function readImports(): Promise<Imports> {
  const paths = listFiles().filter((path) => /\.tsx?$/.test(path));
  const all = paths.map((path) => `import "${new URL(path, ROOT)}";`).join("");
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", `data:application/typescript,${encodeURIComponent(all)}`],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { modules }: Info = JSON.parse(new TextDecoder().decode(stdout));
  return new Map(modules.flatMap(({ specifier, dependencies = [] }) => {
    const path = pathOf(specifier);
    if (path === null) return [];
    const imports = dependencies.map(({ specifier, code, type, isDynamic = false }) => {
      const file = pathOf(code?.specifier ?? type?.specifier ?? "");
      return { specifier, file, dynamic: isDynamic, types: code === undefined };
    });
    return [[path, imports] as const];
  }));
}

function pathOf(url: string): string | null {
  return url.startsWith(ROOT.href) ? url.slice(ROOT.href.length) : null;
}
