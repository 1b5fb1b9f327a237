import { HELP, parseCommand, parsePort } from "../../server/config.ts";
import { UsageError } from "../../shared/args.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

Deno.test("config: the defaults", () => {
  assertEquals(parseCommand([]), {
    kind: "serve",
    hostname: "0.0.0.0",
    port: undefined,
    data: ".",
    classic: true,
    limits: {},
  });
});

Deno.test("config: every option, in both spellings", () => {
  const expected = {
    kind: "serve",
    hostname: "::1",
    port: 0,
    data: "/srv/x",
    classic: true,
    limits: {},
  } as const;
  assertEquals(parseCommand(["--port", "0", "--host", "::1", "--data", "/srv/x"]), expected);
  assertEquals(parseCommand(["--data=/srv/x", "--host=::1", "--port=0"]), expected);
});

Deno.test("config: limits for files", () => {
  const command = parseCommand(["--quota", "500M", "--total=2t", "--expire", "7"]);
  assertEquals(command.kind === "serve" && command.limits, {
    maxSenderSize: 500 * 2 ** 20,
    maxTotalSize: 2 * 2 ** 40,
    fileExpiry: 7 * 24 * 60 * 60 * 1000,
  });
});

Deno.test("config: help and version come before everything else", () => {
  assertEquals(parseCommand(["--help"]), { kind: "help" });
  assertEquals(parseCommand(["-h"]), { kind: "help" });
  assertEquals(parseCommand(["--port", "x", "--help"]), { kind: "help" });
  assertEquals(parseCommand(["--version"]), { kind: "version" });
});

Deno.test("config: the help names every option", () => {
  for (
    const option of [
      "--port",
      "--host",
      "--data",
      "--quota",
      "--total",
      "--expire",
      "--help",
      "--version",
    ]
  ) {
    assert(HELP.includes(option), option);
  }
});

Deno.test("config: wrong usage says what is wrong", () => {
  const wrong: [args: string[], names: string][] = [
    [["--port"], "--port"],
    [["--port", ""], "--port"],
    [["--port", "x"], "--port"],
    [["--port", "65536"], "--port"],
    [["--port=-1"], "--port"],
    [["--port", "1", "--port", "2"], "--port"],
    [["--data="], "--data"],
    [["--host="], "--host"],
    [["--prot", "1"], "--prot"],
    [["-p", "1"], "-p"],
    [["1234"], "1234"],
    [["--", "--port"], "--port"],
    [["--quota", "much"], "--quota"],
    [["--total", "1X"], "--total"],
    [["--expire", "0"], "--expire"],
    [["--expire", "1.5"], "--expire"],
  ];
  for (const [args, names] of wrong) {
    const error = assertThrows(() => parseCommand(args), UsageError, names);
    assertEquals(error.message.includes("\n"), false, args.join(" "));
  }
});

Deno.test("config: ports", () => {
  const ports: [text: string, port: number | null][] = [
    ["0", 0],
    ["1234", 1234],
    ["65535", 65535],
    ["00080", 80],
    ["65536", null],
    ["100000", null],
    ["", null],
    [" 1", null],
    ["+1", null],
    ["-1", null],
    ["1.5", null],
    ["1e3", null],
    ["0x10", null],
    ["١٢", null],
  ];
  for (const [text, port] of ports) assertEquals(parsePort(text), port, `"${text}"`);
});
