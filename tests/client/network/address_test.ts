import { formatAddress, parseAddress } from "../../../client/network/address.ts";
import { ClientError } from "../../../client/errors.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";

Deno.test("address: host and port, with what an editor puts around them", () => {
  const cases: [text: string, hostname: string, port: number][] = [
    ["127.0.0.1:1234", "127.0.0.1", 1234],
    ["localhost:1", "localhost", 1],
    ["chat.example.org:65535", "chat.example.org", 65535],
    ["  host:80\r\n", "host", 80],
    ["[::1]:1234", "::1", 1234],
    ["[fe80::1234:5678]:99", "fe80::1234:5678", 99],
    ["[::ffff:10.0.0.1]:99", "::ffff:10.0.0.1", 99],
  ];
  for (const [text, hostname, port] of cases) {
    assertEquals(parseAddress(text, "server.info"), { hostname, port });
  }
});

Deno.test("address: is written as it is read", () => {
  for (const text of ["127.0.0.1:1234", "host:1", "[::1]:65535"]) {
    assertEquals(formatAddress(parseAddress(text, "--server")), text);
  }
});

Deno.test("address: anything else is refused, and its source is named", () => {
  const wrong = [
    "",
    " ",
    "host",
    "host:",
    ":1234",
    "host:0",
    "host:65536",
    "host:123456",
    "host:-1",
  ];
  wrong.push("host:1x", "host: 1", "ho st:1", "::1:1234", "[::1]", "[::1]1234", "[host]:1");
  wrong.push("host:1\nhost:2", "http://host:1/", "host:1#ab#cd", "host:+1", "host:1.5", "[]:1");
  for (const text of wrong) {
    const error = assertThrows(() => parseAddress(text, "server.info"), ClientError, "server.info");
    assertEquals(error.code, "no-server", text);
    assert(error.message.includes("HOST:PORT"), error.message);
  }
});
