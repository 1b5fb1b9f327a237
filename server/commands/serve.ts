import manifest from "../../deno.json" with { type: "json" };
import { toHex } from "../../shared/bytes.ts";
import { openAdmin } from "../admin/open_admin.ts";
import { serverCommand } from "../command.ts";
import { type Endpoint, endpointText } from "../config/kinds.ts";
import type { SettingName } from "../config/settings.ts";
import { Listener } from "../connections/listener.ts";
import { openControl } from "../control/control_server.ts";
import { isDataFolder, isServers, openDataFolder } from "../data_folder.ts";
import { openLog } from "../log.ts";
import { addressKey } from "../limits/peer_address.ts";
import { Metrics } from "../metrics/metrics.ts";
import { openServerKey } from "../server_key.ts";
import { notify } from "../service_manager.ts";
import { openServices } from "../services.ts";
import { untilSignal } from "../signals.ts";
import { RunningTime } from "../upkeep/running_time.ts";
import { startUpkeep, sweep } from "../upkeep/upkeep.ts";

export const serve = serverCommand({
  name: "serve",
  settings: "all",
  summary: "Relay messages until it is stopped; the default command",
  details: "SIGTERM, SIGINT (Ctrl-C) and SIGHUP stop it: it takes nothing new, finishes what is\n" +
    "under way, and exits with code 0. A second signal ends it at once.",
  async run(_, context) {
    const { settings, limits } = await context.config();
    const { data, host, port, classic, registration, directory } = settings;
    const address = { hostname: host, port };
    const { admin: endpoint } = settings;
    // A start that must fail leaves nothing behind.
    if (!await isDataFolder(data) || !await isServers(data)) {
      bound("port", address, () => Deno.listen(address).close());
      if (endpoint) bound("admin", endpoint, () => Deno.listen(endpoint).close());
    }
    using _folder = await openDataFolder(data);
    const serverKey = await openServerKey(data);
    const metrics = new Metrics();
    const log = await openLog({
      format: settings.log,
      level: settings["log-level"],
      write: console.error,
      count: (level) => metrics.logged(level),
    });
    const time = new RunningTime(context);
    const services = await openServices(data, {
      limits,
      exempt: new Set(settings.exempt.map((address) => addressKey(address))),
      serverKey,
      classic,
      registration,
      directory,
      clock: context.clock,
      now: time.read,
      random: context.random,
      log: log.logger,
      logAddresses: settings["log-addresses"],
      metrics,
    });
    const manager = context.environment("NOTIFY_SOCKET");
    const tell = async (state: string) => {
      if (!manager) return;
      await notify(state, manager, data).catch((error) => {
        services.log.warn("Cannot tell the service manager: {error}", { error });
      });
    };
    try {
      await using admin = endpoint &&
        bound("admin", endpoint, () => openAdmin(services, endpoint, context.now()));
      const stopTime = await time.start(services);
      const stopLooking = await services.disk.start();
      await sweep(services);
      services.remains.remove();
      const stopped = untilSignal(context.exit);
      await using control = await openControl({ data, os: context.os }, services);
      const listener = bound("port", address, () => new Listener(services, address));
      const stopUpkeep = startUpkeep(services);
      const where = `${endpointText(listener.address)}, key ${toHex(serverKey.publicKey)}`;
      console.log(`messaging-server ${manifest.version} listens on ${where}`);
      if (admin) {
        admin.health.state = "serving";
        console.log(`metrics and health checks on http://${endpointText(admin.address)}`);
      }

      await tell("READY=1");
      services.log.info("Stopping on {signal}", { signal: await stopped });
      if (admin) admin.health.state = "draining";
      await tell("STOPPING=1");
      await stopUpkeep();
      stopLooking();
      await listener.stop();
      await control[Symbol.asyncDispose]();
      await services.files.close();
      await stopTime();
    } finally {
      await services.storage.close();
      log.close();
    }
  },
});

/** Runs `open`, which listens on `address`; errors name it and the option that sets it. */
function bound<T>(option: SettingName, address: Endpoint, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const where = endpointText(address);
    if (error instanceof Deno.errors.AddrInUse) {
      throw new Error(`${where} is in use by another program; choose another with --${option}`);
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot listen on ${where}: ${reason}`);
  }
}
