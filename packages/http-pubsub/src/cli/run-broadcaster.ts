import { resolve } from 'node:path';
import type { Logger } from '@millrace/core';
import { consoleLogger, silentLogger } from '@millrace/core';
import { createBroadcaster } from '../broadcaster/broadcaster.ts';
import { serveWebsockets } from '../broadcaster/websocket/for-broadcaster.ts';
import type { Listener } from '../listener/listener.ts';
import { createListener } from '../listener/listener.ts';
import { outgoing as createOutgoing } from '../outgoing/outgoing.ts';
import type { TargetGuardOptions } from '../outgoing/target-guard.ts';
import { targetGuard } from '../outgoing/target-guard.ts';
import { adminRoutes } from './admin-routes.ts';
import type { Config, LoadedConfig } from './config.ts';
import { openStore } from './open-store.ts';
import { readAuth } from './read-auth.ts';
import { readClients } from './read-clients.ts';
import { wrong } from './reader.ts';

export interface RunningBroadcaster {
  readonly url: string;
  /** Where /health and /metrics are, if anywhere. */
  readonly adminUrl: string | undefined;
  /** Answers 503, lets what is under way end, and closes all. */
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Rejects with PUBSUB_OPTIONS, PUBSUB_SECRETS, PUBSUB_LISTENER, STORE_UNAVAILABLE or STORE_CORRUPT; nothing runs then. */
export async function runBroadcaster(
  { config, folder }: LoadedConfig,
  environment: Environment,
): Promise<RunningBroadcaster> {
  const closing: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    return { ...(await start(config, folder, environment, closing)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  config: Config,
  folder: string,
  environment: Environment,
  closing: (() => Promise<void> | void)[],
): Promise<Omit<RunningBroadcaster, 'stop'>> {
  const {
    listen = {},
    admin = 'same',
    secrets = 'none',
    store: storeConfig = {},
    guard,
    outgoing: limits,
  } = config;
  const { log: level, spoolDirectory, self, ownership, clients = [], websockets = {}, ...settings } = config;
  const log = loggerOf(level);

  const store = await openStore(storeConfig, { folder, environment, log });
  closing.push(() => store.close());
  const guarded = { guard: store.replayGuard };
  const auth = await readAuth(secrets, { folder, environment }, guarded);
  const outgoing = createOutgoing({
    guard: guard === false ? undefined : targetGuard(guardOptions(guard)),
    limits,
  });
  closing.push(() => outgoing.close());

  const options = {
    ...settings,
    ...(self && { self: selfOf(self) }),
    ...(ownership && { ownership: ownershipOf(ownership) }),
    ...(spoolDirectory !== undefined && { spoolDirectory: resolve(folder, spoolDirectory) }),
    store,
    auth,
    clients: await readClients(clients, { folder, environment }, guarded),
    outgoing,
    log,
  };
  const broadcaster = createBroadcaster(options);
  const listener = createListener({ port: 3003, ...listen, log });
  closing.push(() => listener.close());
  listener.attach(broadcaster.routes);
  const ownAdmin = typeof admin === 'object' ? createListener({ port: 0, ...admin, log }) : undefined;
  if (ownAdmin) closing.push(() => ownAdmin.close());
  const adminListener = admin === false ? undefined : (ownAdmin ?? listener);
  adminListener?.attach(adminRoutes(broadcaster));

  let closeSockets: (() => Promise<void>) | undefined;
  if (websockets !== false) {
    const { dialect } = storeConfig;
    const sockets = serveWebsockets(broadcaster, options, {
      ...websockets,
      ...(dialect && { globDialect: dialect }),
    });
    listener.attachUpgrade('/v1/websocket', sockets.upgrade);
    closeSockets = () => sockets.close();
  }

  // What is published meanwhile is answered with 503, so the listener goes last.
  closing.push(() => broadcaster.stop());
  if (closeSockets) closing.push(closeSockets);
  const url = await listenTo(listener);
  const adminUrl = ownAdmin ? await listenTo(ownAdmin) : adminListener && url;
  broadcaster.start();
  return { url, adminUrl };
}

async function listenTo(listener: Listener): Promise<string> {
  const address = await listener.listen();
  if (!address) throw wrong('listen.port', 'a port');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

function loggerOf(level: Config['log'] = 'info'): Logger {
  return level === 'none' ? silentLogger : consoleLogger({ level });
}

function selfOf({ url, recovery }: NonNullable<Config['self']>) {
  if (url === undefined) throw wrong('self.url', 'the URL of this broadcaster for the others');
  return { url, ...(recovery !== undefined && { recovery }) };
}

function ownershipOf(ownership: NonNullable<Config['ownership']>) {
  if (ownership === 'probe') return ownership;
  const { origin, ...rest } = ownership;
  if (origin === undefined)
    throw wrong('ownership.origin', 'the name of this broadcaster, such as "events.example"');
  return { origin, ...rest };
}

function guardOptions(guard: Exclude<Config['guard'], false>): TargetGuardOptions {
  if (!guard?.ports) return { ...guard, ports: undefined };
  const ports = guard.ports.map((port, index) => {
    if (typeof port === 'number') return port;
    const [from, to, ...more] = port;
    if (from !== undefined && to !== undefined && more.length === 0) return [from, to] as const;
    throw wrong(`guard.ports[${index}]`, 'a port, or two: the first and the last');
  });
  return { ...guard, ports };
}
