import { Client, credentials } from '@grpc/grpc-js';
import { jsonEvent, KurrentDBClient, START } from '@kurrent/kurrentdb-client';
import type { ClusterInfo } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_pb.js';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { EventStoreServer, EventStoreServerOptions } from '../../src/eventstore.ts';
import { authoritySigned, eventStoreServer } from '../../src/eventstore.ts';
import { loadProtocol } from '../../src/eventstore/protocol/protocol.ts';
import { all, rejection, until } from './support/until.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(options: EventStoreServerOptions = {}): Promise<EventStoreServer> {
  const server = await eventStoreServer(options);
  cleanups.push(() => server.close());
  return server;
}

function connect(connectionString: string): KurrentDBClient {
  const client = KurrentDBClient.connectionString(connectionString);
  cleanups.push(() => client.dispose());
  return client;
}

const event = jsonEvent({ type: 'Placed', data: {} });

const protocol = loadProtocol('kurrent');

/** What a node tells of all. */
async function gossip({ host, port }: { host: string; port: number }) {
  const client = new Client(`${host}:${port}`, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = protocol.services.gossip.read;
  const answer = Promise.withResolvers<ClusterInfo | undefined>();
  client.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    new protocol.shared.Empty(),
    (error, info) => (error ? answer.reject(error) : answer.resolve(info)),
  );
  const info = await answer.promise;
  client.close();
  return info?.getMembersList().map((member) => ({
    port: member.getHttpEndPoint()?.getPort(),
    state: member.getState(),
    alive: member.getIsAlive(),
  }));
}

describe('a cluster', () => {
  it('says in gossip who leads, who follows and who is down', async () => {
    const server = await start({ nodes: 3 });
    const [first, second, third] = server.nodes;
    if (!first || !second || !third) throw new Error('Three nodes were expected.');
    third.becomeReplica();
    await second.stop();
    const { LEADER, FOLLOWER, READONLYREPLICA, UNKNOWN } = protocol.gossip.MemberInfo.VNodeState;
    expect(await gossip(first)).toEqual([
      { port: first.port, state: LEADER, alive: true },
      { port: second.port, state: FOLLOWER, alive: false },
      { port: third.port, state: READONLYREPLICA, alive: true },
    ]);
    await second.start();
    server.electNobody();
    expect((await gossip(third))?.map(({ state }) => state)).toEqual([UNKNOWN, UNKNOWN, READONLYREPLICA]);
  });

  it('lets clients find the leader', async () => {
    const server = await start({ nodes: 3 });
    expect(server.nodes.map(({ state }) => state)).toEqual(['leader', 'follower', 'follower']);
    const client = connect(server.connectionString);
    await client.appendToStream('order-1', event);
    expect(server.counters.calls['Gossip.Read']).toBeGreaterThan(0);
    await server.nodes[0]?.stop();
    server.nodes[2]?.lead();
    const other = connect(server.connectionString);
    await other.appendToStream('order-1', event);
    expect(server.read('order-1')).toHaveLength(1);
    await server.nodes[0]?.start();
    expect(server.nodes.map(({ state }) => state)).toEqual(['follower', 'follower', 'leader']);
  });

  it('sends clients of a follower to the leader', async () => {
    const server = await start({ nodes: 2 });
    const client = connect(server.connectionString);
    await client.appendToStream('order-1', event);
    server.nodes[1]?.lead();
    const late = client.subscribeToStream('order-1', { fromRevision: START, requiresLeader: true });
    expect(await rejection(all(late))).toMatchObject({
      type: 'not-leader',
      leader: { address: '127.0.0.1', port: server.nodes[1]?.port },
    });
    const again = client.subscribeToStream('order-1', { fromRevision: START, requiresLeader: true });
    again.on('data', () => {});
    await until(() => server.counters.subscriptions === 1);
    await again.unsubscribe();
  });

  it('has no leader during an election', async () => {
    const server = await start({ nodes: 2 });
    const client = connect(server.connectionString);
    await client.appendToStream('order-1', event);
    server.electNobody();
    const subscription = client.subscribeToStream('order-1', { fromRevision: START, requiresLeader: true });
    expect(String(await rejection(all(subscription)))).toContain('No leader info available');
  });

  it('refuses connections of a node that is stopped, and takes them on the same port when it is back', async () => {
    const server = await start();
    const client = connect(server.connectionString);
    await client.appendToStream('order-1', event);
    const [node] = server.nodes;
    await node?.stop();
    const refused = client.subscribeToStream('order-1', { fromRevision: START });
    expect(await rejection(all(refused))).toMatchObject({ type: 'unavailable' });
    await node?.start();
    expect(node?.state).toBe('leader');
    const back = client.subscribeToStream('order-1', { fromRevision: START });
    for await (const { event: first } of back) {
      expect(first?.type).toBe('Placed');
      break;
    }
    await back.unsubscribe();
  });
});

describe('with TLS and users', () => {
  async function secured() {
    const tls = authoritySigned();
    const directory = await mkdtemp(join(tmpdir(), 'millrace-eventstore-'));
    cleanups.push(() => rm(directory, { recursive: true }));
    const file = join(directory, 'ca.crt');
    await writeFile(file, tls.authority);
    const users = { admin: { password: 'changeit', admin: true }, ops: { password: 'secret' } };
    const server = await start({ tls, users, tokens: ['letmein'] });
    const as = (login: string) =>
      connect(`kurrentdb://${login}localhost:${server.port}?tls=true&tlsCAFile=${encodeURIComponent(file)}`);
    server.append('order-1', [{ type: 'Placed' }]);
    return { server, as };
  }

  it('accepts who is known, and refuses wrong passwords', async () => {
    const { as } = await secured();
    for (const login of ['admin:changeit@', 'ops:secret@']) {
      const client = as(login);
      expect(await client.appendToStream('order-2', event)).toMatchObject({ success: true });
      expect(await all(client.readStream('order-1'))).toHaveLength(1);
    }
    const wrong = as('ops:wrong@').subscribeToStream('order-1', { fromRevision: START });
    expect(await rejection(all(wrong))).toMatchObject({ type: 'access-denied' });
  });

  it('keeps $all and system streams for admins', async () => {
    const { as } = await secured();
    const ops = as('ops:secret@');
    expect(await rejection(all(ops.subscribeToAll()))).toMatchObject({ type: 'access-denied' });
    const links = ops.subscribeToStream('$ce-order', { fromRevision: START });
    expect(await rejection(all(links))).toMatchObject({ type: 'access-denied' });
    const subscription = as('admin:changeit@').subscribeToAll({ fromPosition: START });
    for await (const { event: first } of subscription) {
      expect(first?.type).toBe('Placed');
      break;
    }
    await subscription.unsubscribe();
  });

  it('denies a stream, and revokes credentials', async () => {
    const { server, as } = await secured();
    const ops = as('ops:secret@');
    server.deny('order-1');
    const denied = ops.subscribeToStream('order-1', { fromRevision: START });
    expect(await rejection(all(denied))).toMatchObject({ type: 'access-denied' });
    expect(await rejection(ops.appendToStream('order-1', event))).toMatchObject({ type: 'access-denied' });
    server.deny('order-1', false);
    server.revokeCredentials();
    const revoked = ops.subscribeToStream('order-1', { fromRevision: START });
    expect(String(await rejection(all(revoked)))).toContain('Not Authenticated');
  });
});

describe('options', () => {
  it.each([
    [{ nodes: 0 }, 'The option "nodes"'],
    [{ streamCap: 1.5 }, 'The option "streamCap"'],
    [{ version: 'newest' }, 'The option "version"'],
  ])('that make no sense are refused: %o', async (options, text) => {
    expect(String(await rejection(eventStoreServer(options)))).toContain(text);
  });

  it('the port is as wanted, and a taken one is refused', async () => {
    const first = await start();
    const { port } = first;
    expect(await rejection(eventStoreServer({ port }))).toMatchObject({ code: 'EADDRINUSE' });
    await first.close();
    expect((await start({ port })).port).toBe(port);
  });
});
