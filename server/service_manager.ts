/// <reference lib="deno.unstable" />
/** What systemd is told of a service of `Type=notify`. */

/**
 * Tells the service manager that listens on the socket `to` of the state of this process, such as
 * READY=1. Makes a socket in `folder` for it, and removes it again.
 * @throws what the system says against it
 */
export async function notify(state: string, to: string, folder: string): Promise<void> {
  const path = `${folder}/server.notify`;
  await Deno.remove(path).catch(() => {}); // left by a crash
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  try {
    await socket.send(new TextEncoder().encode(state), { transport: "unixpacket", path: to });
  } finally {
    socket.close();
    await Deno.remove(path).catch(() => {});
  }
}
