/** The description of methods that `rpc.discover` returns (OpenRPC 1.3). */
import type { Method } from "./method.ts";
import type { Schema, Schemas } from "./schema.ts";

export interface Description {
  readonly openrpc: "1.3.2";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly methods: readonly MethodDescription[];
  readonly components: { readonly schemas: Schemas };
}

interface MethodDescription {
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly paramStructure: "by-name";
  readonly params: readonly {
    readonly name: string;
    readonly summary: string;
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly result: { readonly name: string; readonly schema: Schema };
}

/** Returns `methods` with one more, which describes them all. */
export function withDiscovery(
  methods: readonly Method[],
  about: Description["info"],
  schemas: Schemas,
): Method[] {
  const discover: Method = {
    name: "rpc.discover",
    summary: "Describe all methods, in the form of OpenRPC 1.3",
    params: [],
    result: { type: "object" },
    run: () => describe(all, about, schemas),
  };
  const all = [...methods, discover];
  return all;
}

function describe(
  methods: readonly Method[],
  info: Description["info"],
  schemas: Schemas,
): Description {
  return {
    openrpc: "1.3.2",
    info,
    methods: methods.map(({ name, summary, description, params, result }) => ({
      name,
      summary,
      description,
      paramStructure: "by-name",
      params: params.map(({ required = false, ...param }) => ({ ...param, required })),
      result: { name: "result", schema: result },
    })),
    components: { schemas },
  };
}
