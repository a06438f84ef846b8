import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';

import type { Handler } from '../../src/handler.ts';
import type { HandlerContext } from '../../src/handler-context.ts';
import type { TransactionalCompletion } from '../../src/ports/idempotency-store.ts';
import type { SqliteStore } from '../../src/sqlite.ts';
import { openStore } from '../stores/support/open-store.ts';
import { bench } from '../support/bench.ts';
import { manualClock } from '../support/manual-clock.ts';
import { refusal } from '../support/refusal.ts';
import { scriptedLog } from '../support/scripted-log.ts';
import { scriptedSource } from '../support/scripted-source.ts';

/** A consumer whose store lives in the file of the effects. */
function billing() {
  const clock = manualClock();
  const store = openStore({ clock, busyTimeout: 20 });
  store.database.exec('CREATE TABLE effects (id TEXT)');
  const source = scriptedSource({ clock });
  const set = bench(source, { clock, store });
  const insert = store.database.prepare('INSERT INTO effects VALUES (?)');
  const completed = new DatabaseSync(store.path);
  onTestFinished(() => completed.close());
  const select = completed.prepare('SELECT id FROM effects ORDER BY rowid');
  return {
    ...set,
    store,
    source,
    /** What anybody sees, so what is committed. */
    effects: () => select.all().map((row) => row['id']),
    /** Effect and "done" in one transaction. */
    bill: (id: string, context: HandlerContext) =>
      store.transaction((database) => {
        insert.run(id);
        void context.complete(database);
      }),
    async started(handle: Handler) {
      set.consumer.on('Ping', { name: 'ping' }, handle);
      await set.consumer.start();
    },
    /** A connection of the user's own, with its transaction begun. */
    begin() {
      const database = new DatabaseSync(store.path);
      onTestFinished(() => {
        if (database.isOpen) database.close();
      });
      database.exec('BEGIN IMMEDIATE');
      return database;
    },
    claimed: async (id: string) =>
      (
        await store.idempotency.claimMany([{ key: `billing/ping/${id}` }], { owner: 'other', lease: 60_000 })
      )[0],
  };
}

/** The store with other answers about its transactions. */
function withTransactions(store: SqliteStore, changes: Partial<TransactionalCompletion>): SqliteStore {
  const { transactions } = store.idempotency;
  return {
    ...store,
    idempotency: { ...store.idempotency, transactions: { ...transactions, ...changes } },
  };
}

describe('effect and "done" in one transaction', () => {
  test('are committed together, and the store is not asked to complete once more', async () => {
    const { source, started, bill, effects, idle, journal } = billing();
    await started(({ id }, context) => bill(id, context));
    source.send({ id: 'e1' });
    await idle();
    expect(effects()).toEqual(['e1']);
    expect(source.settledAs('done')).toEqual(['e1']);
    expect(journal).toEqual(['claimMany']);
  });

  test('suppress every copy that comes later', async () => {
    const { source, started, bill, effects, idle } = billing();
    await started(({ id }, context) => bill(id, context));
    source.send({ id: 'e1' });
    await idle();
    source.send({ id: 'e1' });
    await idle();
    expect(effects()).toEqual(['e1']);
    expect(source.settledAs('done')).toEqual(['e1', 'e1']);
  });

  test('are both gone when the work throws, and the event is retried', async () => {
    const { source, store, started, bill, effects, clock } = billing();
    await started(({ id }, context) => {
      if (context.attempt > 1) return bill(id, context);
      store.transaction((database) => {
        database.prepare('INSERT INTO effects VALUES (?)').run(id);
        void context.complete(database);
        throw new RangeError('card declined');
      });
    });
    source.send({ id: 'e1' });
    await clock.advance(0);
    expect(source.settlements).toMatchObject([{ outcome: 'retry', cause: { message: 'card declined' } }]);
    expect(effects()).toEqual([]);
    await clock.advance(1_000);
    expect(effects()).toEqual(['e1']);
    expect(source.settledAs('done')).toEqual(['e1']);
  });

  test('leave to the other handlers of the event what is theirs', async () => {
    const { source, consumer, started, bill, effects, clock } = billing();
    let mails = 0;
    consumer.on('Ping', { name: 'mail' }, () => {
      mails += 1;
      if (mails === 1) throw new Error('no');
    });
    await started(({ id }, context) => bill(id, context));
    source.send({ id: 'e1' });
    await clock.advance(1_000);
    expect(mails).toBe(2);
    expect(effects()).toEqual(['e1']);
    expect(source.settledAs('done')).toEqual(['e1']);
  });
});

describe('a handler that called complete() and returns', () => {
  test('without a commit, having rolled back, has failed and is retried', async () => {
    const { source, started, begin, bill, effects, clock } = billing();
    await started(({ id }, context) => {
      if (context.attempt > 1) return bill(id, context);
      const database = begin();
      void context.complete(database);
      database.exec('ROLLBACK');
    });
    source.send({ id: 'e1' });
    await clock.advance(0);
    expect(source.settlements).toMatchObject([
      { outcome: 'retry', cause: { code: 'TRANSACTION_NOT_COMMITTED' } },
    ]);
    await clock.advance(1_000);
    expect(effects()).toEqual(['e1']);
    expect(source.settledAs('done')).toEqual(['e1']);
  });

  test('and never commits is dead-lettered when its attempts are used up', async () => {
    const { source, started, begin, clock, consumer, effects } = billing();
    await started(({ id }, context) => {
      const database = begin();
      database.prepare('INSERT INTO effects VALUES (?)').run(id);
      void context.complete(database);
      database.close();
    });
    source.send({ id: 'e1' });
    await clock.advance(60_000);
    const { letters } = await consumer.deadLetters.list();
    expect(letters).toMatchObject([
      { reason: 'exhausted', attempts: 5, error: { code: 'TRANSACTION_NOT_COMMITTED' } },
    ]);
    expect(effects()).toEqual([]);
  });

  test('before it commits is not acknowledged; what it commits later counts once', async () => {
    const { source, started, begin, effects, clock } = billing();
    const open: DatabaseSync[] = [];
    await started(({ id }, context) => {
      const database = begin();
      open.push(database);
      database.prepare('INSERT INTO effects VALUES (?)').run(id);
      void context.complete(database);
    });
    source.send({ id: 'e1' });
    await clock.advance(0);
    expect(source.settledAs('done')).toEqual([]);
    open[0]?.exec('COMMIT');
    await clock.advance(60_000);
    expect(open).toHaveLength(1);
    expect(effects()).toEqual(['e1']);
    expect(source.settledAs('done')).toEqual(['e1']);
  });

  test('in place on a log is run again where it stands', async () => {
    const { store, begin, bill, effects, clock } = billing();
    const log = scriptedLog();
    const { consumer } = bench(log, { clock, store });
    consumer.on('Ping', { name: 'ping' }, ({ id }, context) => {
      if (context.attempt > 1) return bill(id, context);
      const database = begin();
      void context.complete(database);
      database.exec('ROLLBACK');
    });
    await consumer.start();
    log.append({ id: 'e1' }, { id: 'e2' });
    await clock.advance(2_000);
    expect(effects()).toEqual(['e1', 'e2']);
    expect(consumer.health().sources['journal']?.inFlight).toBe(0);
  });
});

describe('after the commit', () => {
  test('a throw changes nothing: the event counts as done, and the log says so', async () => {
    const { source, started, bill, effects, clock, log, consumer } = billing();
    await started(({ id }, context) => {
      bill(id, context);
      throw new Error('mail server down');
    });
    source.send({ id: 'e1' });
    await clock.advance(60_000);
    expect(effects()).toEqual(['e1']);
    expect(source.settlements).toMatchObject([{ outcome: 'done' }]);
    expect((await consumer.deadLetters.list()).letters).toEqual([]);
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'The handler failed after its transaction was committed; the event counts as done.',
      }),
    );
  });

  test('a timeout changes nothing', async () => {
    const { source, started, bill, effects, clock } = billing();
    await started(async ({ id }, context) => {
      bill(id, context);
      await new Promise((_, reject) => {
        context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
      });
    });
    source.send({ id: 'e1' });
    await clock.advance(60_000);
    expect(source.settlements).toMatchObject([{ outcome: 'done' }]);
    expect(effects()).toEqual(['e1']);
  });

  test('defer() does not make it run again', async () => {
    const { source, started, bill, effects, clock } = billing();
    await started(({ id }, context) => {
      bill(id, context);
      context.defer(1_000);
    });
    source.send({ id: 'e1' });
    await clock.advance(1_000);
    expect(effects()).toEqual(['e1']);
    expect(source.settledAs('done')).toEqual(['e1']);
  });

  test('a store that can not tell leaves it to the broker, and the next delivery is known to be done', async () => {
    const clock = manualClock();
    const file = openStore({ clock });
    file.database.exec('CREATE TABLE effects (id TEXT)');
    let asked = 0;
    const store = withTransactions(file, {
      areDone() {
        asked += 1;
        return Promise.reject(new Error('disk I/O error'));
      },
    });
    const source = scriptedSource({ clock });
    const { consumer } = bench(source, { clock, store });
    consumer.on('Ping', { name: 'ping' }, ({ id }, context) =>
      store.transaction((database) => {
        database.prepare('INSERT INTO effects VALUES (?)').run(id);
        void context.complete(database);
      }),
    );
    await consumer.start();
    source.send({ id: 'e1' });
    await clock.advance(0);
    expect(asked).toBe(1);
    expect(source.settlements).toEqual([]);
    await clock.advance(30_000);
    expect(source.settledAs('done')).toEqual(['e1']);
    expect(file.database.prepare('SELECT id FROM effects').all()).toHaveLength(1);
  });
});

describe('a run that lost its claim', () => {
  test('is told so by complete(), its transaction is rolled back and nothing is settled', async () => {
    const { source, store, started, bill, effects, clock, claimed } = billing();
    const errors: unknown[] = [];
    await started(async ({ id }, context) => {
      // As in a process that was stopped: no heartbeat noticed.
      clock.stall(30_000);
      expect(await claimed(id)).toMatchObject({ status: 'claimed', fence: 2, takeover: true });
      try {
        bill(id, context);
      } catch (error) {
        errors.push(error);
        throw error;
      }
    });
    source.send({ id: 'e1' });
    await clock.advance(0);
    expect(errors).toEqual([refusal('LEASE_LOST', /no longer in progress here/)]);
    expect(effects()).toEqual([]);
    expect(source.settlements).toEqual([]);
    expect(
      await store.idempotency.completeMany([{ key: 'billing/ping/e1', owner: 'other', fence: 2 }], {
        retention: 1_000,
      }),
    ).toEqual([true]);
  });

  test('can not complete even when it swallows that error', async () => {
    const { source, started, bill, effects, clock, claimed } = billing();
    await started(async ({ id }, context) => {
      clock.stall(30_000);
      await claimed(id);
      try {
        bill(id, context);
      } catch {
        // As if nothing had happened.
      }
    });
    source.send({ id: 'e1' });
    await clock.advance(0);
    expect(effects()).toEqual([]);
    expect(source.settlements).toEqual([]);
  });

  test('and was given up on is told so before it writes', async () => {
    const { source, started, bill, effects, clock } = billing();
    const late = Promise.withResolvers<void>();
    const runs: string[] = [];
    const errors: unknown[] = [];
    await started(async ({ id }, context) => {
      runs.push(id);
      if (runs.length > 1) return bill(id, context);
      await late.promise;
      try {
        bill(id, context);
      } catch (error) {
        errors.push(error);
      }
    });
    source.send({ id: 'e1' });
    // The timeout, the grace, and what is left of the claim that is not released.
    await clock.advance(120_000);
    late.resolve();
    await clock.advance(0);
    expect(errors).toEqual([refusal('LEASE_LOST', /was given up on/)]);
    expect(runs).toEqual(['e1', 'e1']);
    expect(effects()).toEqual(['e1']);
    expect(source.settledAs('done')).toEqual(['e1']);
  });

  test('hears it from stores that answer later, too', async () => {
    const clock = manualClock();
    const file = openStore({ clock });
    const { complete } = file.idempotency.transactions;
    const store = withTransactions(file, {
      complete: async (...args) => {
        await Promise.resolve();
        await complete(...args);
      },
    });
    const source = scriptedSource({ clock });
    const { consumer } = bench(source, { clock, store });
    const errors: unknown[] = [];
    consumer.on('Ping', { name: 'ping' }, async ({ id }, context) => {
      clock.stall(30_000);
      await file.idempotency.claimMany([{ key: `billing/ping/${id}` }], { owner: 'other', lease: 60_000 });
      file.database.exec('BEGIN IMMEDIATE');
      await Promise.resolve(context.complete(file.database)).catch((error: unknown) => errors.push(error));
      file.database.exec('ROLLBACK');
    });
    await consumer.start();
    source.send({ id: 'e1' });
    await clock.advance(0);
    expect(errors).toEqual([refusal('LEASE_LOST', /no longer in progress here/)]);
    expect(source.settlements).toEqual([]);
  });
});

describe('complete() is refused', () => {
  async function refusedBy(forgetful: boolean) {
    const clock = manualClock();
    const source = scriptedSource({ clock });
    const { consumer, idle } = bench(source, { clock, forgetful });
    const errors: unknown[] = [];
    consumer.on('Ping', { name: 'ping' }, (_, context) => {
      try {
        void context.complete({});
      } catch (error) {
        errors.push(error);
      }
    });
    await consumer.start();
    source.send({ id: 'e1' });
    await idle();
    expect(source.settledAs('done')).toEqual(['e1']);
    return errors;
  }

  test('by a store in memory', async () => {
    expect(await refusedBy(false)).toEqual([refusal('TRANSACTION_UNSUPPORTED', /such as sqliteStore/)]);
  });

  test('without an idempotency store', async () => {
    expect(await refusedBy(true)).toEqual([refusal('TRANSACTION_UNSUPPORTED', /such as sqliteStore/)]);
  });
});
