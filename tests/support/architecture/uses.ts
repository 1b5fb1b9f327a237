/** What a module uses that only few may use; Deno's linter reads it. */

/** What is looked for. */
export type Use =
  | "Deno"
  | "disguise" // ways to the outside that the others would not see
  | "exit or environment"
  | "randomness"
  | "clock"
  | "Web Crypto";

const RANDOM = new Set(["getRandomValues", "randomUUID"]);
const OF_THE_PROCESS = new Set(["exit", "exitCode", "env"]);

/** What this name is used for, at its place. */
function usesOf({ name, parent, range: [start] }: Deno.lint.Identifier): Use[] {
  /** B where it is A of A.B. */
  const property = parent.type === "MemberExpression" && parent.range[0] === start &&
      parent.property.type === "Identifier" && !parent.computed
    ? parent.property.name
    : "";
  switch (name) {
    case "Deno": {
      const plain = property !== "" || parent.type === "TSQualifiedName";
      const uses: Use[] = plain ? ["Deno"] : ["Deno", "disguise"];
      return OF_THE_PROCESS.has(property) ? [...uses, "exit or environment"] : uses;
    }
    case "globalThis":
      return ["disguise"];
    case "process":
      return property === "" ? [] : ["disguise"];
    case "Math":
      return property === "random" ? ["randomness"] : [];
    case "Date":
      if (parent.type === "NewExpression") return parent.arguments.length === 0 ? ["clock"] : [];
      return property === "now" ? ["clock"] : [];
    case "performance":
      return property === "now" ? ["clock"] : [];
    case "subtle":
      return ["Web Crypto"];
    default:
      return RANDOM.has(name) ? ["randomness"] : [];
  }
}

const plugin: Deno.lint.Plugin = {
  name: "architecture",
  rules: {
    uses: {
      create: (context) => ({
        Identifier(node) {
          for (const message of usesOf(node)) context.report({ node, message });
        },
      }),
    },
  },
};

/** What the TypeScript in `text` uses. */
export function uses(text: string): Set<Use> {
  const found = Deno.lint.runPlugin(plugin, "module.tsx", text);
  return new Set(found.map(({ message }) => message as Use));
}
