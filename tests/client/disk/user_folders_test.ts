import { dataDirectory, stateDirectory } from "../../../client/disk/user_folders.ts";
import { assertEquals } from "../../support/assert.ts";

const FOLDERS = [
  { of: stateDirectory, variable: "XDG_STATE_HOME", linux: ".local/state", win: "LOCALAPPDATA" },
  { of: dataDirectory, variable: "XDG_DATA_HOME", linux: ".local/share", win: "APPDATA" },
];

Deno.test("user folders: each system has its own, and the XDG variables go before", () => {
  for (const { of, variable, linux, win } of FOLDERS) {
    const on = (os: string, env: Record<string, string>) => of((name) => env[name], os);
    assertEquals(on("linux", { HOME: "/home/a" }), `/home/a/${linux}`);
    assertEquals(on("darwin", { HOME: "/Users/a" }), "/Users/a/Library/Application Support");
    assertEquals(on("windows", { [win]: "C:\\a" }), "C:\\a");
    assertEquals(on("linux", { HOME: "/home/a", [variable]: "/s" }), "/s");
    assertEquals(on("linux", { HOME: "/home/a", [variable]: "relative" }), `/home/a/${linux}`);
    for (const os of ["linux", "darwin", "windows"]) assertEquals(on(os, { HOME: "" }), undefined);
  }
});
