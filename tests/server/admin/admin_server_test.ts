import { getLogger } from "@logtape/logtape";
import { utf8 } from "../../../shared/bytes.ts";
import {
  type AdminOptions,
  AdminServer,
  MAX_ADMIN_CONNECTIONS,
  MAX_HEAD_SIZE,
} from "../../../server/admin/admin_server.ts";
import { plain } from "../../../server/admin/http.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { until, withDeadline } from "../../support/until.ts";

/** A deadline that no test reaches. */
const NEVER = 3_600_000;

async function withServer(
  options: Partial<AdminOptions>,
  test: (server: AdminServer, url: string) => Promise<void>,
): Promise<void> {
  const server = new AdminServer({
    hostname: "127.0.0.1",
    port: 0,
    answer: ({ method, path }) => Promise.resolve(plain(200, `${method} ${path}`)),
    log: getLogger("messaging-server"),
    deadline: NEVER,
    ...options,
  });
  try {
    await test(server, `http://127.0.0.1:${server.address.port}`);
  } finally {
    await server.stop();
  }
}

/** Sends `request` and returns all that comes until the server ends the connection. */
async function exchange({ address }: AdminServer, request: string): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: address.port });
  await conn.write(utf8(request));
  return await restOf(conn);
}

/** All that comes until the end; a reset is one, too. */
async function restOf(conn: Deno.Conn): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(4096);
  try {
    for (let count; (count = await conn.read(bytes)) !== null;) {
      text += decoder.decode(bytes.subarray(0, count), { stream: true });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return text;
}

Deno.test("admin: GET and HEAD are answered, each connection ends after one", async () => {
  await withServer({}, async (server, url) => {
    const response = await fetch(`${url}/metrics?a=b`);
    assertEquals([response.status, await response.text()], [200, "GET /metrics\n"]);
    assertEquals(response.headers.get("connection"), "close");
    const head = await fetch(`${url}/metrics`, { method: "HEAD" });
    assertEquals([head.status, await head.text()], [200, ""]);
    const twice = await exchange(server, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
    assertEquals(twice.match(/HTTP\/1\.1/g)?.length, 1);
    await until("all connections have ended", () => server.connections === 0);
  });
});

Deno.test("admin: other methods, and what is not HTTP, are refused", async () => {
  await withServer({}, async (server, url) => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const response = await fetch(`${url}/metrics`, { method });
      await response.body?.cancel();
      assertEquals([response.status, response.headers.get("allow")], [405, "GET, HEAD"], method);
    }
    assert((await exchange(server, "hello\r\n\r\n")).startsWith("HTTP/1.1 400 "));
    const long = `GET / HTTP/1.1\r\nA: ${"x".repeat(MAX_HEAD_SIZE)}`;
    const answer = await exchange(server, long);
    assert(answer === "" || answer.startsWith("HTTP/1.1 400 "), answer);
  });
});

Deno.test("admin: a failure is a 500 that tells nothing", async () => {
  const answer = () => Promise.reject(new Error("/a/path"));
  await withServer({ answer }, async (_, url) => {
    const response = await fetch(`${url}/metrics`);
    assertEquals([response.status, await response.text()], [500, "failed; the log says why\n"]);
  });
});

Deno.test("admin: who is silent, or slow to ask or to read, is cut off in time", async () => {
  const answer = () => Promise.resolve(plain(200, "x".repeat(64 * 1024 * 1024)));
  await withDeadline(50, async (deadline) => {
    await withServer({ answer, deadline }, async (server) => {
      const { port } = server.address;
      const conns = await Promise.all(
        Array.from({ length: 3 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
      );
      await conns[1].write(utf8("GET /metrics HT"));
      await conns[2].write(utf8("GET /metrics HTTP/1.1\r\n\r\n")); // and does not read
      await until("all were cut off", () => server.connections === 0);
      for (const conn of conns) conn.close();
    });
  });
});

Deno.test("admin: when all connections are taken, the oldest makes room", async () => {
  await withServer({}, async (server, url) => {
    const { port } = server.address;
    const idle: Deno.Conn[] = [];
    for (let i = 0; i < 3 * MAX_ADMIN_CONNECTIONS; i++) {
      idle.push(await Deno.connect({ hostname: "127.0.0.1", port }));
    }
    const response = await fetch(`${url}/healthz`);
    assertEquals([response.status, await response.text()], [200, "GET /healthz\n"]);
    assert(server.connections <= MAX_ADMIN_CONNECTIONS, `${server.connections} connections`);
    assertEquals(await restOf(idle[0]), "");
    for (const conn of idle) conn.close();
  });
});

Deno.test("admin: it stops with connections open; a port in use is an error", async () => {
  await withServer({}, async (server) => {
    const { port } = server.address;
    assertThrows(
      () =>
        new AdminServer({
          hostname: "127.0.0.1",
          port,
          answer: () => Promise.reject(),
          log: getLogger("messaging-server"),
        }),
      Deno.errors.AddrInUse,
    );
    using idle = await Deno.connect({ hostname: "127.0.0.1", port });
    await until("it is open", () => server.connections === 1);
    await server.stop();
    assertEquals(await restOf(idle), "");
    await server.stop(); // again is fine
  });
});
