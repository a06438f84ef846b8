import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeadLetterReason } from '@millrace/core';
import type { SqliteStore } from '@millrace/core/sqlite';
import { sqliteStore } from '@millrace/core/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Published } from '../src/broker/publisher.ts';
import { findings } from '../src/ledger/audit.ts';
import type { Books } from '../src/ledger/books.ts';
import { openBooks } from '../src/ledger/books.ts';

let directory: string;
let books: Books;
let store: SqliteStore;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'books-'));
  books = openBooks(join(directory, 'books.sqlite'));
  store = sqliteStore(join(directory, 'books.sqlite'));
});

afterEach(() => {
  store.close();
  books.close();
  rmSync(directory, { recursive: true, force: true });
});

function ran(eventId: string, { times = 1 } = {}): void {
  const insert = store.database.prepare(
    "INSERT INTO runs (event_id, handler, worker, ended) VALUES (?, 'h', 'w', 1)",
  );
  for (let time = 0; time < times; time += 1) insert.run(eventId);
}

function tookEffect(eventId: string, { orderId = 'SO-1', sequence = null as number | null } = {}): void {
  store.database
    .prepare(
      `INSERT INTO ledger (event_id, order_id, sequence, account, amount, unit, worker)
         VALUES (?, ?, ?, 'bank', 1, 'EUR', 'w')`,
    )
    .run(eventId, orderId, sequence);
}

async function died(eventId: string, reason: DeadLetterReason): Promise<void> {
  await store.deadLetters.putMany([
    {
      id: `letter of ${eventId}`,
      consumer: 'c',
      source: 's',
      handler: undefined,
      reason,
      error: { name: 'Error', code: undefined, message: 'as the test wants it', stack: undefined },
      attempts: 1,
      diedAt: 1,
      redrives: 0,
      message: {
        id: eventId,
        type: 't',
        headers: {},
        key: undefined,
        channel: undefined,
        position: undefined,
        time: undefined,
        data: undefined,
        raw: '',
      },
    },
  ]);
}

const effect = (eventId: string): Published => ({ eventId, expected: 'effect' });

describe('the audit of the books', () => {
  it('counts a day on which all went well', async () => {
    ran('a');
    tookEffect('a', { sequence: 1 });
    ran('b', { times: 3 });
    tookEffect('b', { sequence: 2 });
    ran('poison', { times: 4 });
    await died('poison', 'exhausted');
    await died('nobody takes it', 'unhandled');
    const published: Published[] = [
      effect('a'),
      effect('b'),
      effect('a'),
      effect('a'),
      { eventId: 'poison', expected: 'exhausted' },
      { eventId: 'nobody takes it', expected: 'unhandled' },
    ];

    const audited = books.audit(published, 1);

    expect(audited).toEqual({
      counts: {
        published: 6,
        handled: 2,
        effects: 2,
        lost: 0,
        effectsTwice: 0,
        duplicatesSuppressed: 2,
        retried: 2 + 3,
        deadLettered: 2,
        unhandled: 1,
        restarts: 1,
      },
      irregularities: { outOfOrder: 0, misplaced: 0, unknown: 0 },
    });
    expect(findings(audited)).toEqual([]);
  });

  it('finds an event that left nothing, though its handler ran', () => {
    ran('a');
    const audited = books.audit([effect('a'), effect('a')], 0);
    expect(audited.counts).toMatchObject({ handled: 1, effects: 0, lost: 1, duplicatesSuppressed: 1 });
    expect(findings(audited)).toEqual([expect.stringMatching(/^1 × lost/)]);
  });

  it('finds an effect that happened twice, and does not count its copy as suppressed', () => {
    tookEffect('a');
    tookEffect('a');
    const audited = books.audit([effect('a'), effect('a')], 0);
    expect(audited.counts).toMatchObject({ effects: 2, effectsTwice: 1, duplicatesSuppressed: 0, lost: 0 });
    expect(findings(audited)).toEqual([expect.stringMatching(/^1 × took effect twice/)]);
  });

  it('finds effects of an order in another order, and lets orders mix', () => {
    tookEffect('a2', { orderId: 'SO-1', sequence: 2 });
    tookEffect('b1', { orderId: 'SO-2', sequence: 1 });
    tookEffect('a1', { orderId: 'SO-1', sequence: 1 });
    tookEffect('b2', { orderId: 'SO-2', sequence: 2 });
    const audited = books.audit([effect('a1'), effect('a2'), effect('b1'), effect('b2')], 0);
    expect(audited).toMatchObject({ counts: { lost: 0 }, irregularities: { outOfOrder: 1 } });
    expect(findings(audited)).toEqual([expect.stringMatching(/^1 × out of order/)]);
  });

  it('finds dead letters of what should have taken effect, and of another cause than it should have', async () => {
    await died('a', 'exhausted');
    await died('b', 'invalid');
    tookEffect('c');
    const audited = books.audit(
      [effect('a'), { eventId: 'b', expected: 'undecodable' }, { eventId: 'c', expected: 'exhausted' }],
      0,
    );
    expect(audited).toMatchObject({ counts: { lost: 0 }, irregularities: { misplaced: 3 } });
    expect(findings(audited)).toEqual([expect.stringMatching(/^3 × .* should not have/)]);
  });

  it('finds effects and dead letters of what nobody published', async () => {
    tookEffect('a');
    await died('b', 'unhandled');
    const audited = books.audit([], 0);
    expect(audited.irregularities).toMatchObject({ unknown: 2 });
    expect(findings(audited)).toEqual([expect.stringMatching(/^2 × .* never published/)]);
  });
});
