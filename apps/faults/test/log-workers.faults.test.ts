import { describe, expect, inject, test } from 'vitest';
import { needsRedis } from '../../../scripts/servers/needs-redis.ts';
import type { Audit } from './support/audit.ts';
import { audit, nothingWrong } from './support/audit.ts';
import type { EventLog } from './support/event-log.ts';
import { openEventLog } from './support/event-log.ts';
import type { Ledger } from './support/ledger.ts';
import { openLedger } from './support/ledger.ts';
import { until } from './support/until.ts';
import type { StopPoint, WorkerConfig } from './support/worker-messages.ts';
import type { WorkerProcess } from './support/worker-process.ts';
import { startWorker } from './support/worker-process.ts';

/** Of claims and of the ownership, in milliseconds. */
const lease = 2_000;
const forEver = 600_000;

interface Shop {
  readonly log: EventLog;
  readonly ledger: Ledger;
  start(worker: string, options?: Partial<Pick<WorkerConfig, 'stop' | 'markerInterval'>>): WorkerProcess;
  /** Position of the replay marker in the SQLite file; 0 before the first. */
  marker(): number;
  /** Waits until each event had an effect, or for half a minute, and looks at what became of them. */
  handled(): Promise<Audit>;
}

function openShop({
  exclusive,
  redis,
}: { readonly exclusive?: boolean } & Pick<WorkerConfig, 'redis'> = {}): Shop {
  const log = openEventLog();
  const ledger = openLedger();

  function books(): Audit {
    const effects = ledger.ids();
    const seen = new Set(effects);
    // What stands at or below the marker is never read again.
    const passedOver = log.published.slice(0, marker()).filter((id) => !seen.has(id)).length;
    const { published } = log;
    return audit({ published, effects, unsettled: passedOver, deadLettered: ledger.deadLettered() });
  }

  function marker(): number {
    const tables = ledger.database
      .prepare("SELECT 1 FROM sqlite_schema WHERE name = 'millrace_markers'")
      .all();
    if (tables.length === 0) return 0;
    return Number(ledger.database.prepare('SELECT position FROM millrace_markers').get()?.['position'] ?? 0);
  }

  return {
    log,
    ledger,
    start: (worker, options = {}) =>
      startWorker({
        worker,
        ledger: ledger.path,
        source: { kind: 'log', path: log.path, exclusive: exclusive ?? false },
        lease,
        markerInterval: 20,
        ...(redis && { redis }),
        ...options,
      }),
    marker,
    async handled() {
      const giveUpAt = performance.now() + 30_000;
      const all = () => new Set(ledger.ids()).size === log.published.length;
      await until(() => all() || performance.now() > giveUpAt);
      return books();
    },
  };
}

const at = (id: string, point: StopPoint['point'], milliseconds = forEver): { readonly stop: StopPoint } => ({
  stop: { id, point, milliseconds },
});

describe('a worker on a log that is killed', () => {
  test('between the effect and its marker: the events are read again, and have their effect once', async () => {
    const shop = openShop();
    shop.log.append(100);
    const killed = shop.start('A', { markerInterval: forEver });
    await until(() => shop.ledger.ids().length === 100);
    await killed.end('SIGKILL');
    expect(shop.marker()).toBe(0);
    const again = shop.start('B');
    await until(() => shop.marker() === 100);
    shop.log.append(20);
    expect(await shop.handled()).toEqual(nothingWrong);
    expect(shop.log.reads()[0]?.worker).toBe('A');
    expect(await again.end('SIGTERM')).toBe(0);
    expect(shop.marker()).toBe(120);
  });

  test('in the middle of a handler: its marker has not passed the event', async () => {
    const shop = openShop();
    shop.log.append(100);
    const killed = shop.start('A', at('order-7', 'before the effect'));
    await killed.says('at');
    await until(() => shop.marker() === 6);
    await killed.end('SIGKILL');
    shop.start('B');
    expect(await shop.handled()).toEqual(nothingWrong);
  });
});

describe.each([
  ['SQLite', {}],
  ['Redis', needsRedis()],
])('workers that want to be the one reader of a log, elected by %s', (backend, options) => {
  function openExclusiveShop(): Shop {
    if (backend === 'SQLite') return openShop({ exclusive: true });
    const [{ host, port } = { host: '', port: 0 }] = inject('redis').servers;
    const redis = { url: `redis://${host}:${port}`, prefix: `faults-${crypto.randomUUID()}` };
    return openShop({ exclusive: true, redis });
  }

  test(
    'read one at a time, and when the reader is killed another goes on within a few leases',
    options,
    async () => {
      const shop = openExclusiveShop();
      const workers = new Map(['A', 'B', 'C'].map((name) => [name, shop.start(name)]));
      await Promise.all([...workers.values()].map((worker) => worker.says('reading')));
      const waits: number[] = [];
      for (let reign = 1; reign <= 3; reign += 1) {
        const before = shop.log.reads().length;
        const since = performance.now();
        shop.log.append(100);
        const reader = await until(() => shop.log.reads()[before]?.worker);
        waits.push(performance.now() - since);
        await until(() => shop.ledger.ids().length > reign * 100 - 50);
        if (reign === 3) break;
        await workers.get(reader)?.end('SIGKILL');
      }
      expect(await shop.handled()).toEqual(nothingWrong);
      const reigns = shop.log
        .reads()
        .filter(({ worker, fence }, index, reads) => {
          const previous = reads[index - 1];
          return previous?.worker !== worker || previous.fence !== fence;
        })
        .map(({ worker, fence }) => ({ worker, fence }));
      expect(Math.max(...waits)).toBeLessThan(4 * lease);
      expect(new Set(reigns.map(({ worker }) => worker)).size).toBe(3);
      expect(reigns).toHaveLength(3);
      const fences = reigns.map(({ fence }) => fence);
      expect(fences).toEqual([...new Set(fences)].sort((one, other) => one - other));
    },
  );

  test(
    'and one that stood still for longer than the lease changes nothing any more, and stands by',
    options,
    async () => {
      const shop = openExclusiveShop();
      const stale = shop.start('A', at('order-7', 'before the effect', 300));
      await stale.says('reading');
      shop.log.append(20);
      await stale.says('at');
      stale.signal('SIGSTOP');
      const heir = shop.start('B');
      await until(() => new Set(shop.ledger.ids()).size === 20);
      stale.signal('SIGCONT');
      await stale.says('refused');
      expect(stale.said).toContainEqual({ kind: 'refused', id: 'order-7', code: 'LEASE_LOST' });
      shop.log.append(20);
      expect(await shop.handled()).toEqual(nothingWrong);
      const effects = shop.ledger.effects();
      expect(effects.filter(({ id }) => id === 'order-7')).toEqual([
        { id: 'order-7', worker: 'B', fence: 2 },
      ]);
      // It is a good citizen again: the next to take over when the heir dies.
      await heir.end('SIGKILL');
      shop.log.append(20);
      expect(await shop.handled()).toEqual(nothingWrong);
      expect(shop.log.reads().at(-1)?.worker).toBe('A');
    },
  );
});
