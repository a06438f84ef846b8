import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeadLetterReason } from '@millrace/core';
import type { SqliteStore } from '@millrace/core/sqlite';
import { sqliteStore } from '@millrace/core/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findings } from '../src/ledger/audit.ts';
import type { Books, Published } from '../src/ledger/books.ts';
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

function ran(eventId: string, { times = 1, source = 'orders' } = {}): void {
  const insert = store.database.prepare(
    "INSERT INTO runs (source, event_id, handler, worker, ended) VALUES (?, ?, 'h', 'w', 1)",
  );
  for (let time = 0; time < times; time += 1) insert.run(source, eventId);
}

function tookEffect(
  eventId: string,
  { orderId = 'SO-1', sequence = null as number | null, source = 'orders' } = {},
): void {
  store.database
    .prepare(
      `INSERT INTO ledger (source, event_id, subject, sequence, account, amount, unit, worker)
         VALUES (?, ?, ?, ?, 'bank', 1, 'EUR', 'w')`,
    )
    .run(source, eventId, orderId, sequence);
}

async function died(eventId: string, reason: DeadLetterReason, source = 'orders'): Promise<void> {
  await store.deadLetters.putMany([
    {
      id: `letter of ${eventId}`,
      consumer: 'c',
      source,
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

const nothing = {
  published: 0,
  handled: 0,
  effects: 0,
  lost: 0,
  effectsTwice: 0,
  duplicatesSuppressed: 0,
  retried: 0,
  deadLettered: 0,
  unhandled: 0,
};
const published = (
  eventId: string,
  expected: Published['expected'],
  source: Published['source'] = 'orders',
): Published => ({ source, eventId, expected });
const effect = (eventId: string, source?: Published['source']): Published =>
  published(eventId, 'effect', source);

describe('the audit of the books', () => {
  it('counts a day on which all went well', async () => {
    ran('a');
    tookEffect('a', { sequence: 1 });
    ran('b', { times: 3 });
    tookEffect('b', { sequence: 2 });
    ran('poison', { times: 4 });
    await died('poison', 'exhausted');
    await died('nobody takes it', 'unhandled');
    const all: Published[] = [
      effect('a'),
      effect('b'),
      effect('a'),
      effect('a'),
      published('poison', 'exhausted'),
      published('nobody takes it', 'unhandled'),
    ];

    const audited = books.audit(all, 1);

    const counts = {
      published: 6,
      handled: 2,
      effects: 2,
      lost: 0,
      effectsTwice: 0,
      duplicatesSuppressed: 2,
      retried: 2 + 3,
      deadLettered: 2,
      unhandled: 1,
    };
    expect(audited).toEqual({
      counts: { ...counts, restarts: 1, sources: { sqs: counts, salesforce: nothing } },
      irregularities: { outOfOrder: 0, misplaced: 0, unknown: 0 },
    });
    expect(findings(audited)).toEqual([]);
  });

  it('counts by what was read from, and all together', async () => {
    ran('a', { source: 'activity' });
    tookEffect('a', { source: 'activity' });
    ran('b', { times: 2, source: 'crm' });
    tookEffect('b', { source: 'crm' });
    await died('c', 'invalid', 'crm');

    const { counts } = books.audit(
      [effect('a', 'activity'), effect('b', 'crm'), published('c', 'invalid', 'crm')],
      0,
    );

    const each = { ...nothing, published: 1, handled: 1, effects: 1 };
    expect(counts).toEqual({
      ...each,
      published: 3,
      handled: 2,
      effects: 2,
      retried: 1,
      deadLettered: 1,
      restarts: 0,
      sources: { sqs: each, salesforce: { ...each, published: 2, retried: 1, deadLettered: 1 } },
    });
  });

  it('finds what is wrong with events of the CRM, and blames no other', () => {
    ran('a', { source: 'crm' });
    tookEffect('b', { source: 'crm' });
    tookEffect('b', { source: 'crm' });
    tookEffect('c');
    const audited = books.audit([effect('a', 'crm'), effect('b', 'crm'), effect('c')], 0);
    expect(audited.counts).toMatchObject({
      lost: 1,
      effectsTwice: 1,
      sources: { sqs: { lost: 0, effectsTwice: 0 }, salesforce: { lost: 1, effectsTwice: 1 } },
    });
    expect(findings(audited)).toEqual([
      expect.stringMatching(/^1 × lost/),
      expect.stringMatching(/^1 × took effect twice/),
    ]);
  });

  it('looks at the order within a source: credits for an order are numbered apart from its life', () => {
    tookEffect('a', { sequence: 3 });
    tookEffect('b', { sequence: 1, source: 'crm' });
    tookEffect('c', { sequence: 2, source: 'crm' });
    const { irregularities } = books.audit([effect('a'), effect('b', 'crm'), effect('c', 'crm')], 0);
    expect(irregularities.outOfOrder).toBe(0);
    tookEffect('d', { sequence: 1, source: 'crm' });
    expect(books.audit([effect('d', 'crm')], 0).irregularities.outOfOrder).toBe(1);
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
    const audited = books.audit([effect('a'), published('b', 'undecodable'), published('c', 'exhausted')], 0);
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
