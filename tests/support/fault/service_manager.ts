/// <reference lib="deno.unstable" />
/**
 * Stands in for systemd: prints each datagram that comes to the socket that its argument names.
 * Needs --unstable-net, which the tests do without.
 */
const [path] = Deno.args;
const socket = Deno.listenDatagram({ transport: "unixpacket", path });
console.log("listening");
for await (const [bytes] of socket) console.log(new TextDecoder().decode(bytes));
