/**
 * The rules of the architecture. Each gives what breaks it, one text each, so that the tests can
 * show both that the project keeps them and that they notice what does not.
 */
import { type Modules, resolvePath, startsWithAny } from "./project.ts";

const PRODUCT = ["server/", "client/", "shared/"];

/** What code looks like that does what few may do. */
export const PATTERNS = {
  deno: /\bDeno\b/,
  /** Ways to the outside that the other patterns would not see. */
  disguise: /\bDeno\b(?!\s*\.)|\bprocess\s*\.|\bglobalThis\b/,
  exitOrEnvironment: /\bDeno\s*\.\s*(?:exit|exitCode|env)\b/,
  randomness: /\bgetRandomValues\b|\brandomUUID\b|\bMath\s*\.\s*random\b/,
  clock: /\bDate\s*\.\s*now\b|\bnew\s+Date\b(?!\s*\(\s*[^\s)])|\bperformance\s*\.\s*now\b/,
  webCrypto: /\bsubtle\b/,
};

/** Every import names a file that is there, a mapped package, or a builtin; none is dynamic. */
export function unresolvedImports(modules: Modules): string[] {
  return modules.paths().flatMap((path) =>
    modules.specifiers(path).flatMap((specifier) => {
      if (specifier === null) {
        return startsWithAny(path, PRODUCT) ? [`${path} imports dynamically`] : [];
      }
      const target = modules.resolve(specifier, path);
      const lost = target.kind === "unknown" ||
        target.kind === "file" && target.path.endsWith(".ts") && !modules.has(target.path);
      return lost ? [`${path} imports ${specifier}`] : [];
    })
  );
}

/** Every entry of the import map is imported somewhere. */
export function unusedEntries(modules: Modules, importMap: Map<string, string>): string[] {
  const used = modules.paths().flatMap((path) => modules.specifiers(path));
  return [...importMap.keys()].filter((key) =>
    !used.some((used) => used && (key.endsWith("/") ? used.startsWith(key) : used === key))
  );
}

/** Nothing that starts with `from` reaches, by any way, what starts with one of `forbidden`. */
export function forbiddenReach(modules: Modules, from: string, forbidden: string[]): string[] {
  return modules.paths(from).flatMap((path) =>
    [...modules.reach(path)].flatMap(([reached, way]) =>
      startsWithAny(reached, forbidden) ? [way.join(" > ")] : []
    )
  );
}

/**
 * Exactly the files in `allowed` (a name that ends with a slash: any file below it) have code that
 * matches `pattern`. An entry that no longer needs to be there breaks the rule, too.
 */
export function outsideOf(modules: Modules, pattern: RegExp, allowed: string[]): string[] {
  const using = modules.paths(...PRODUCT).filter((path) => modules.matches(path, pattern));
  const covers = (entry: string, path: string) =>
    entry.endsWith("/") ? path.startsWith(entry) : path === entry;
  return [
    ...using.filter((path) => !allowed.some((entry) => covers(entry, path)))
      .map((path) => `${path} is not on the list`),
    ...allowed.filter((entry) => !using.some((path) => covers(entry, path)))
      .map((entry) => `${entry} need not be on the list`),
  ];
}

/** Modules and packages that start with a key are imported only below (or by) its folders. */
export function misplacedImports(modules: Modules, homes: Record<string, string[]>): string[] {
  return modules.paths(...PRODUCT).flatMap((path) =>
    modules.specifiers(path).flatMap((specifier) => {
      if (specifier === null) return [];
      const home = Object.entries(homes).find(([prefix]) => specifier.startsWith(prefix));
      return home && !startsWithAny(path, home[1]) ? [`${path} imports ${specifier}`] : [];
    })
  );
}

/** Whether `text`, the content of the file `path`, names a `shared` folder outside the project. */
export function namesOutside(path: string, text: string): boolean {
  // Code and documents name paths as seen from themselves, all else as seen from the root.
  const from = /\.(ts|md)$/.test(path) ? path : "root";
  const named = text.match(/(?:\.\.\/)+shared\b/g) ?? [];
  return named.some((relative) => resolvePath(relative, from).startsWith(".."));
}
