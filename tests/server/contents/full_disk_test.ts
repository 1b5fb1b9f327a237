import { assertEquals } from "../../support/assert.ts";

Deno.test({
  name: "full disk: the server says so, everything else goes on, and so does the file later",
  ignore: Deno.build.os !== "linux", // which has a device that is always full
  fn: async () => {
    const program = new URL("../../support/server/full_disk.ts", import.meta.url).href;
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "-A", program],
      stdin: "null",
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  },
});
