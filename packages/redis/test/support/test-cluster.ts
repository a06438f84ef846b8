import { Cluster, Redis } from 'ioredis';
import { freePort } from '../../../../scripts/servers/free-port.ts';
import type { TestServer } from './test-servers.ts';
import { launch, stopAll } from './test-servers.ts';
import { until } from './until.ts';

const slots = 16_384;

/** Three masters that share the slots. Whoever starts it stops it. */
export async function startCluster(): Promise<{
  readonly servers: readonly TestServer[];
  stop(): Promise<void>;
}> {
  const servers = await Promise.all([launch(settings), launch(settings), launch(settings)]);
  const clients = servers.map(({ port }) => new Redis(port, '127.0.0.1'));
  const share = Math.ceil(slots / servers.length);
  await Promise.all(
    clients.map((client, index) =>
      client.call('CLUSTER', 'ADDSLOTSRANGE', index * share, Math.min((index + 1) * share, slots) - 1),
    ),
  );
  const [first, ...others] = clients;
  for (const [index, other] of others.entries()) {
    const busPort = /@(\d+)/.exec(String(await other.call('CLUSTER', 'NODES')))?.[1];
    await first?.call('CLUSTER', 'MEET', '127.0.0.1', servers[index + 1]?.port ?? 0, busPort ?? '');
  }
  const states = async () =>
    Promise.all(clients.map(async (client) => String(await client.call('CLUSTER', 'INFO'))));
  await until(async () =>
    (await states()).every((state) => /cluster_state:ok/.test(state) && /cluster_known_nodes:3/.test(state)),
  );
  for (const client of clients) client.disconnect();
  return { servers, stop: () => stopAll(servers) };
}

async function settings(): Promise<readonly string[]> {
  const busPort = String(await freePort());
  // A node that nobody has met does not know its own address, and tells clients an empty one.
  const address = ['--cluster-announce-ip', '127.0.0.1'];
  return [
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    '2000',
    '--cluster-port',
    busPort,
    ...address,
  ];
}

/** A client as a user makes it, that is never connected: the store takes its options only. */
export function clusterClient(servers: readonly TestServer[]): Cluster {
  return new Cluster(
    servers.map(({ port }) => ({ host: '127.0.0.1', port })),
    { lazyConnect: true },
  );
}
