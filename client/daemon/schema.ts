/** The part of JSON Schema that describes parameters and results. */
export interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: SchemaType | readonly SchemaType[];
  readonly enum?: readonly (string | null)[];
  readonly const?: string | boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  /** "#/components/schemas/NAME" */
  readonly $ref?: string;
}

type SchemaType = "string" | "number" | "integer" | "boolean" | "object" | "array" | "null";

/** Schemas by the names that `$ref` has for them. */
export type Schemas = Readonly<Record<string, Schema>>;

const COMPONENTS = "#/components/schemas/";

/** Returns the schema that refers to another one by its name. */
export function ref(name: string): Schema {
  return { $ref: `${COMPONENTS}${name}` };
}

/** Returns what is wrong with `value`, beginning with its place `at`; null if nothing is. */
export function violation(
  value: unknown,
  schema: Schema,
  at: string,
  schemas: Schemas = {},
): string | null {
  if (schema.$ref !== undefined) {
    const named = schemas[schema.$ref.slice(COMPONENTS.length)];
    return named ? violation(value, named, at, schemas) : `${at} is of an unknown kind`;
  }
  if (schema.anyOf) {
    const problems = schema.anyOf.map((one) => violation(value, one, at, schemas));
    return problems.includes(null) ? null : problems.join("; or ");
  }
  const { type, enum: words, const: only } = schema;
  if (type !== undefined) {
    const types = [type].flat() as SchemaType[];
    if (!types.some((type) => isOf(type, value))) return `${at} must be ${types.join(" or ")}`;
  }
  if (words && !words.some((word) => word === value)) {
    return `${at} must be ${words.map((word) => JSON.stringify(word)).join(" or ")}`;
  }
  if (only !== undefined && value !== only) return `${at} must be ${JSON.stringify(only)}`;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return null;
    return first(value.map((item, index) => violation(item, items, `${at}[${index}]`, schemas)));
  }
  if (typeof value === "object" && value !== null) {
    return violationOfObject(value as Record<string, unknown>, schema, at, schemas);
  }
  return null;
}

function violationOfObject(
  value: Record<string, unknown>,
  { properties = {}, required = [], additionalProperties = true }: Schema,
  at: string,
  schemas: Schemas,
): string | null {
  const missing = required.find((name) => value[name] === undefined);
  if (missing !== undefined) return `${at}.${missing} is missing`;
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(properties, name));
  if (unknown !== undefined && !additionalProperties) return `${at}.${unknown} is not known`;
  return first(
    Object.entries(properties).map(([name, schema]) =>
      value[name] === undefined ? null : violation(value[name], schema, `${at}.${name}`, schemas)
    ),
  );
}

function isOf(type: SchemaType, value: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isSafeInteger(value);
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
  }
}

function first(problems: readonly (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null;
}
