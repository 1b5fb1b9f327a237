/** The tables of secure requests in PROTOCOL.md have the codes and the sizes of the code. */
import { SECURE_REQUESTS } from "../../shared/protocol/secure/requests.ts";
import { assertEquals } from "../support/assert.ts";
import { firstTable, partUnder, readDocument } from "../support/documents.ts";

interface Row {
  code: number;
  reply: number;
  /** Bytes of the two payloads; null where they vary. */
  sizes: [number | null, number | null];
}

/** Returns the bytes of a payload such as "blob ID 16 · size 8"; null if they vary. */
function sizeOf(payload: string): number | null {
  if (payload === "none") return 0;
  if (payload.startsWith("for each")) return null;
  const fields = payload.split(" · ").map((field) => / (\d+)(?: \(0 or 1\))?$/.exec(field)?.[1]);
  if (fields.some((size) => size === undefined)) return null;
  return fields.reduce((sum, size) => sum + Number(size), 0);
}

function rowsUnder(title: string): Row[] {
  const rows = firstTable(partUnder(readDocument("shared/PROTOCOL.md"), title));
  return rows.filter(([request]) => /^\d/.test(request)).map(([request, payload, code, reply]) => {
    const sizes: Row["sizes"] = [sizeOf(payload), sizeOf(reply)];
    return { code: Number(request.split(" ")[0]), reply: Number(code), sizes };
  });
}

const fixedSize = ({ min, max }: { min: number; max: number }) => min === max ? min : null;

Deno.test("PROTOCOL.md: the tables of requests have the codes and sizes of the code", () => {
  const written = [...rowsUnder("8. Secure: who the client is"), ...rowsUnder("12. Secure: files")];
  const coded = SECURE_REQUESTS.entries.map(({ code, payload, reply }): Row => {
    return { code, reply: reply.code, sizes: [fixedSize(payload), fixedSize(reply.payload)] };
  });
  assertEquals(written, coded);
});
