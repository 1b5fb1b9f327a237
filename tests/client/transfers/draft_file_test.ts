import { DraftFile } from "../../../client/transfers/transfer_files.ts";
import { KiB } from "../../../shared/limits.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { tempFolder } from "../../support/temp_folder.ts";

Deno.test("draft: large bytes are written in steps of 256 KiB, one behind the other", async () => {
  await using folder = await tempFolder();
  const path = `${folder.path}/draft`;
  const bytes = sampleBytes(700 * KiB + 1);
  const sizes: number[] = [];
  const { write } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.write = function (part) {
    sizes.push(part.length);
    return write.call(this, part);
  };
  try {
    using draft = (await DraftFile.open(path, 0)).draft;
    await draft.append(bytes);
    await draft.append(bytes.subarray(0, 5));
  } finally {
    Deno.FsFile.prototype.write = write;
  }
  assert(sizes.every((size) => size <= 256 * KiB), `${sizes}`);
  const written = await Deno.readFile(path);
  assertEquals(written.subarray(0, bytes.length), bytes);
  assertEquals(written.subarray(bytes.length), bytes.subarray(0, 5));
});
