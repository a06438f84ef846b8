import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Source, SourceSession, SourceSettings } from '@millrace/core';
import { MillraceError } from '@millrace/core';
import type { AdapterDestination, AdapterHarness, AdapterSubject } from '@millrace/testing';
import type { SqliteAcceptStore } from '../../src/index.ts';
import { sqliteAcceptStore, standardWebhooks, webhook } from '../../src/index.ts';
import { createSender } from './sender.ts';

const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const verifier = standardWebhooks({ secrets: [secret], dataFrom: 'data' });
const path = '/hooks';
/** Short, for the suite waits for it to end. */
const acceptLease = 2_000;
const maxPayload = 1_000_000;

/** A webhook, with a sender of Standard Webhooks for a broker. */
export function webhookSubject(): AdapterSubject {
  const { capabilities } = webhook({ path, verifier, listen: { port: 0 } });
  return {
    name: 'http-pubsub, webhook',
    capabilities,
    setup: async () =>
      openHarness((settings) =>
        webhook({ path, verifier, listen: { port: 0 }, headers: ['origin'], ...settings }),
      ),
  };
}

/** The same, with a disk between the sender and the handlers. */
export function acceptedWebhookSubject(): AdapterSubject {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-webhook-'));
  const place = { path, verifier, listen: { port: 0 } };
  const acceptStore = sqliteAcceptStore(join(directory, 'capabilities.db'));
  const { capabilities } = webhook({ ...place, ackMode: 'accepted', acceptStore, acceptLease });
  acceptStore.close();
  rmSync(directory, { recursive: true });
  return { name: 'http-pubsub, webhook that accepts first', capabilities, setup: openAcceptedHarness };
}

async function openAcceptedHarness(): Promise<AdapterHarness> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-webhook-'));
  const disks: Disk[] = [];

  /** One that no running process has: that of one that is gone, when there is one. */
  function source(settings: SourceSettings): Source {
    const disk = disks.find(({ taken }) => !taken) ?? createDisk(join(directory, `${randomUUID()}.db`));
    if (!disks.includes(disk)) disks.push(disk);
    disk.taken = true;
    const inner = webhook({
      path,
      verifier,
      listen: { port: 0 },
      headers: ['origin'],
      ackMode: 'accepted',
      acceptStore: disk.store,
      acceptLease,
      ...settings,
    });
    return withClose(inner, () => void (disk.taken = false));
  }

  const harness = await openHarness(source, async () => {
    const counts = await Promise.all(disks.map(({ store }) => store.kept()));
    return counts.reduce((sum, count) => sum + count, 0);
  });
  return {
    ...harness,
    async close() {
      await harness.close();
      for (const { store } of disks) store.close();
      rmSync(directory, { recursive: true });
    },
  };
}

interface Disk {
  readonly store: SqliteAcceptStore & { kept(): Promise<number> };
  taken: boolean;
}

function createDisk(file: string): Disk {
  const store = sqliteAcceptStore(file);
  const queues = new Set<string>();
  return {
    taken: false,
    store: {
      ...store,
      put(queue, events) {
        queues.add(queue);
        return store.put(queue, events);
      },
      async kept() {
        const counts = await Promise.all([...queues].map((queue) => store.count(queue)));
        return counts.reduce((sum, count) => sum + count, 0);
      },
    },
  };
}

async function openHarness(
  make: (settings: SourceSettings) => Source,
  kept: () => Promise<number> = async () => 0,
): Promise<AdapterHarness> {
  const destinations: (AdapterDestination & { readonly sender: ReturnType<typeof createSender> })[] = [];
  const occupied = createServer();
  occupied.listen(0, '127.0.0.1');
  await once(occupied, 'listening');
  const { port } = occupied.address() as AddressInfo;

  function open() {
    const sender = createSender(secret);
    const destination = {
      sender,
      source: (settings: SourceSettings = {}) => registered(make(settings), sender.endpoints),
      async publish(events: Parameters<AdapterDestination['publish']>[0]) {
        for (const { id = randomUUID(), type, data = null, headers = {} } of events) {
          const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
          const first = sender.send({ id, headers: headers as Record<string, string>, body });
          if (body.length > maxPayload && (await first) === 413)
            throw new MillraceError('WEBHOOK_TOO_LARGE', 'The receiver takes no such bodies.');
        }
      },
      remaining: async () => sender.open + (await kept()),
    };
    destinations.push(destination);
    return destination;
  }

  const here = open();
  return {
    source: here.source,
    publish: here.publish,
    remaining: here.remaining,
    other: async () => open(),
    missing: () => webhook({ path, verifier, listen: { port }, verify: 'off' }),
    async publishGarbage(raw) {
      void here.sender.send({ id: randomUUID(), headers: {}, body: raw });
      return true;
    },
    connections: () => destinations.reduce((sum, { sender }) => sum + sender.endpoints.size, 0),
    maxPayload,
    secrets: [secret],
    faults: { duplicate: (times = 1) => here.sender.duplicate(times) },
    async close() {
      for (const { sender } of destinations) sender.close();
      occupied.close();
      await once(occupied, 'close');
    },
  };
}

/** Tells the sender where the source listens, for as long as it does. */
function registered(source: Source, endpoints: Set<string>): Source {
  return {
    ...source,
    async open(context) {
      const session = await source.open(context);
      const url = `http://127.0.0.1:${String(session.details?.()['port'])}${path}`;
      endpoints.add(url);
      return closing(session, () => void endpoints.delete(url));
    },
  };
}

function withClose(source: Source, closed: () => void): Source {
  return { ...source, open: async (context) => closing(await source.open(context), closed) };
}

function closing(session: SourceSession, closed: () => void): SourceSession {
  return {
    ...session,
    async close() {
      await session.close();
      closed();
    },
  };
}
