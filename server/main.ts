/** The server's process: arguments, wiring, signals, exit code. */
import manifest from "../deno.json" with { type: "json" };
import { randomBytes } from "../shared/crypto/random.ts";
import { UsageError } from "../shared/args.ts";
import { toHex } from "../shared/bytes.ts";
import { readIfThere } from "../shared/files.ts";
import { type Command, DEFAULT_PORT, HELP, parseCommand, parsePort } from "./config.ts";
import { DEFAULT_LIMITS } from "./limits/limits.ts";
import { Listener } from "./connections/listener.ts";
import { openLog } from "./log.ts";
import { Metrics } from "./metrics/metrics.ts";
import { openServerKey } from "./server_key.ts";
import { openServices } from "./services.ts";
import { startExpiry, sweep } from "./upkeep/upkeep.ts";

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

async function main(args: readonly string[]): Promise<number> {
  try {
    const command = parseCommand(args);
    switch (command.kind) {
      case "help":
        console.log(HELP.trimEnd());
        return EXIT_DONE;
      case "version":
        console.log(`messaging-server ${manifest.version}`);
        return EXIT_DONE;
      case "fingerprint":
        await Deno.mkdir(command.data, { recursive: true, mode: 0o700 });
        console.log(toHex((await openServerKey(command.data)).publicKey));
        return EXIT_DONE;
      case "serve":
        return await serve(command);
    }
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`messaging-server: ${error.message}\nTry: messaging-server --help`);
      return EXIT_USAGE;
    }
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`messaging-server: ${reason}`);
    return EXIT_FAILED;
  }
}

async function serve(command: Command & { kind: "serve" }): Promise<number> {
  const { data, hostname, classic } = command;
  for (const folder of ["files", "chunks"]) {
    await Deno.mkdir(`${data}/${folder}`, { recursive: true, mode: 0o700 });
  }
  using _lock = await lockFolder(data);
  const port = command.port ?? await readPort(data) ?? DEFAULT_PORT;
  const serverKey = await openServerKey(data);
  const metrics = new Metrics();
  const log = await openLog({
    format: "json",
    level: "info",
    write: console.error,
    count: (level) => metrics.logged(level),
  });
  const services = await openServices(data, {
    limits: { ...DEFAULT_LIMITS, ...command.limits },
    serverKey,
    classic,
    clock: () => performance.now(),
    now: () => Date.now(),
    random: randomBytes,
    log: log.logger,
    logAddresses: false,
    metrics,
  });
  try {
    await sweep(services);
    const stopped = untilSignal();
    const stopExpiry = await startExpiry(services);
    const listener = listen(services, { hostname, port });
    const { address } = listener;
    const host = address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname;
    const where = `${host}:${address.port}, key ${toHex(serverKey.publicKey)}`;
    console.log(`messaging-server ${manifest.version} listens on ${where}`);

    services.log.info("Stopping on {signal}", { signal: await stopped });
    stopExpiry();
    await listener.stop();
    await services.files.close();
  } finally {
    await services.storage.close();
    log.close();
  }
  return EXIT_DONE;
}

function listen(...[services, address]: ConstructorParameters<typeof Listener>): Listener {
  try {
    return new Listener(services, address);
  } catch (error) {
    const where = `${address.hostname}:${address.port}`;
    if (error instanceof Deno.errors.AddrInUse) {
      throw new Error(`${where} is in use by another program; choose another with --port`);
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot listen on ${where}: ${reason}`);
  }
}

/** Returns the port in `port.info`, or undefined if there is no such file. */
async function readPort(data: string): Promise<number | undefined> {
  const text = await readIfThere(`${data}/port.info`);
  if (text === undefined) return undefined;
  const port = parsePort(text.trim());
  if (port === null) {
    throw new Error(`${data}/port.info must hold one port number, from 0 to 65535`);
  }
  return port;
}

/** Two servers on one folder would deliver each message twice. */
async function lockFolder(data: string): Promise<Disposable> {
  const file = await Deno.open(`${data}/server.lock`, { create: true, write: true, mode: 0o600 });
  if (await file.tryLock(true)) return file;
  file.close();
  throw new Error(`another server runs on the folder ${data}; stop it, or use another --data`);
}

/** Resolves with the first SIGINT or SIGTERM. A second one ends the process at once. */
function untilSignal(): Promise<string> {
  // Windows has no SIGTERM; closing the console sends SIGBREAK there.
  const end = Deno.build.os === "windows" ? "SIGBREAK" : "SIGTERM";
  return new Promise((resolve) => {
    let count = 0;
    for (const signal of ["SIGINT", end] as const) {
      Deno.addSignalListener(signal, () => {
        if (++count > 1) Deno.exit(EXIT_FAILED);
        resolve(signal);
      });
    }
  });
}

if (import.meta.main) Deno.exit(await main(Deno.args));
