/** What a module writes into the log; Deno's linter reads it. */

/** One call such as `log.warn("Request {code} refused", { code })`. */
export interface LogCall {
  /** The text with its placeholders; null if it is not a constant that stands in the module. */
  template: string | null;
  /** The properties, each with the expression for its value; null if they are not listed there. */
  properties: Record<string, string> | null;
}

const METHODS = new Set(["trace", "debug", "info", "warn", "warning", "error", "fatal", "with"]);

type Node = Deno.lint.Node;

function isLog(node: Node): boolean {
  if (node.type === "Identifier") return node.name === "log" || node.name === "logger";
  return node.type === "MemberExpression" &&
    ["log", "#log", "logger"].includes(nameOf(node.property) ?? "");
}

function nameOf(node: Node): string | undefined {
  if (node.type === "Identifier") return node.name;
  if (node.type === "PrivateIdentifier") return `#${node.name}`;
}

/** Returns all calls of a logger in the TypeScript `text`. */
export function logCalls(text: string): LogCall[] {
  const constants = new Map<string, string>();
  const calls: { template: Node | undefined; properties: Record<string, string> | null }[] = [];
  const plugin: Deno.lint.Plugin = {
    name: "log",
    rules: {
      calls: {
        create: ({ sourceCode }) => ({
          VariableDeclarator({ id, init }) {
            if (id.type === "Identifier" && init?.type === "Literal") {
              constants.set(id.name, String(init.value));
            }
          },
          CallExpression({ callee, arguments: args }) {
            if (callee.type !== "MemberExpression" || !isLog(callee.object)) return;
            const method = nameOf(callee.property);
            if (!METHODS.has(method ?? "")) return;
            const [template, given] = method === "with" ? [undefined, args[0]] : args;
            const properties: Record<string, string> = {};
            let listed = given === undefined || given.type === "ObjectExpression";
            for (const property of given?.type === "ObjectExpression" ? given.properties : []) {
              const name = property.type === "Property" ? nameOf(property.key) : undefined;
              if (name === undefined || property.type !== "Property") listed = false;
              else properties[name] = sourceCode.getText(property.value);
            }
            calls.push({ template, properties: listed ? properties : null });
          },
        }),
      },
    },
  };
  Deno.lint.runPlugin(plugin, "module.ts", text);
  return calls.map(({ template, properties }) => ({ template: textOf(template), properties }));

  function textOf(node: Node | undefined): string | null {
    if (node === undefined) return "";
    if (node.type === "Literal" && typeof node.value === "string") return node.value;
    return node.type === "Identifier" ? constants.get(node.name) ?? null : null;
  }
}
