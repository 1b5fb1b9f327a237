import manifest from "../../deno.json" with { type: "json" };
import type { Services } from "../services.ts";
import { AdminServer } from "./admin_server.ts";
import { Health } from "./health.ts";
import { watchLoop } from "./loop_delay.ts";
import { adminPages } from "./pages.ts";

/** The admin port of a server. Disposing of it closes the port. */
export interface Admin extends AsyncDisposable {
  readonly address: Deno.NetAddr;
  readonly health: Health;
}

/**
 * Opens the port.
 * @param address port 0 takes a free one
 * @param startedAt when the process started, in milliseconds since 1970
 * @throws {Deno.errors.AddrInUse} and other errors of the system about the address
 */
export function openAdmin(
  { metrics, storage, disk, memory, limits, clock, log }: Services,
  address: { hostname: string; port: number },
  startedAt: number,
): Admin {
  const health = new Health(storage, clock);
  const readProcess = () => ({
    version: manifest.version,
    startedAt,
    memory: Deno.memoryUsage(),
    maxTotalSize: limits.maxTotalSize,
    diskLeft: disk.left,
    buffers: { used: memory.used, limit: limits.memory, waiting: memory.waiting },
  });
  const answer = adminPages({ metrics, storage, health, readProcess, clock });
  const server = new AdminServer({ ...address, answer, log });
  const unwatch = watchLoop(clock, (milliseconds) => metrics.loopDelayed(milliseconds));
  return {
    address: server.address,
    health,
    async [Symbol.asyncDispose]() {
      unwatch();
      await server.stop();
    },
  };
}
