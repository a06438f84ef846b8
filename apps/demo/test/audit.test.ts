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
import type { ParcelState } from '../src/parcels/state.ts';
import type { ParcelTable } from '../src/worker/parcel-table.ts';
import { openParcelTable } from '../src/worker/parcel-table.ts';

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
  replayed: 0,
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
      replayed: 0,
    };
    expect(audited).toEqual({
      counts: {
        ...counts,
        restarts: 1,
        sources: { sqs: counts, salesforce: nothing, eventstore: nothing, http: nothing },
      },
      irregularities: { outOfOrder: 0, misplaced: 0, unknown: 0, misread: 0 },
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
      sources: {
        sqs: each,
        salesforce: { ...each, published: 2, retried: 1, deadLettered: 1 },
        eventstore: nothing,
        http: nothing,
      },
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

  it('counts what two subscriptions hear of for each of them', () => {
    for (const source of ['parcels', 'customs'] as const) {
      ran('a', { source });
      tookEffect('a', { source });
    }
    const audited = books.audit([effect('a', 'parcels'), effect('a', 'customs')], 0);
    const both = { ...nothing, published: 2, handled: 2, effects: 2 };
    expect(audited.counts).toMatchObject({ ...both, sources: { sqs: nothing, eventstore: both } });
    expect(findings(audited)).toEqual([]);
  });

  it('finds the effect of one subscription missing, and that of the other doubled', () => {
    tookEffect('a', { source: 'parcels' });
    tookEffect('b', { source: 'parcels' });
    tookEffect('b', { source: 'parcels' });
    tookEffect('b', { source: 'customs' });
    const all = ['a', 'b'].flatMap((id) => [effect(id, 'parcels'), effect(id, 'customs')]);
    const audited = books.audit(all, 0);
    expect(audited.counts.sources.eventstore).toMatchObject({ effects: 4, lost: 1, effectsTwice: 1 });
    expect(findings(audited)).toEqual([
      expect.stringMatching(/^1 × lost/),
      expect.stringMatching(/^1 × took effect twice/),
    ]);
  });

  it('finds events of a parcel out of order, whatever another subscription does with them', () => {
    tookEffect('a2', { orderId: 'parcel 1', sequence: 2, source: 'customs' });
    tookEffect('a1', { orderId: 'parcel 1', sequence: 1, source: 'parcels' });
    const one = [effect('a2', 'customs'), effect('a1', 'parcels')];
    expect(books.audit(one, 0).irregularities.outOfOrder).toBe(0);
    tookEffect('a3', { orderId: 'parcel 1', sequence: 3, source: 'parcels' });
    tookEffect('a2', { orderId: 'parcel 1', sequence: 2, source: 'parcels' });
    const audited = books.audit([effect('a3', 'parcels'), effect('a2', 'parcels')], 0);
    expect(findings(audited)).toEqual([expect.stringMatching(/^1 × out of order/)]);
  });

  it('takes what was parked and replayed for handled', async () => {
    ran('a', { times: 6, source: 'customs' });
    tookEffect('a', { source: 'customs' });
    const audited = books.audit([published('a', 'replayed', 'customs')], 0);
    expect(audited.counts).toMatchObject({
      handled: 1,
      effects: 1,
      retried: 5,
      deadLettered: 0,
      replayed: 1,
      duplicatesSuppressed: 0,
    });
    expect(findings(audited)).toEqual([]);
  });

  it('finds what was parked and never replayed, what took effect without, and what left nothing', async () => {
    await died('parked for good', 'exhausted', 'customs');
    ran('never parked', { source: 'customs' });
    tookEffect('never parked', { source: 'customs' });
    await died('with its letter left', 'exhausted', 'customs');
    ran('with its letter left', { times: 6, source: 'customs' });
    tookEffect('with its letter left', { source: 'customs' });
    const ids = ['parked for good', 'never parked', 'with its letter left', 'nowhere'];
    const audited = books.audit(
      ids.map((id) => published(id, 'replayed', 'customs')),
      0,
    );
    expect(audited).toMatchObject({ counts: { lost: 1 }, irregularities: { misplaced: 3 } });
  });

  it('finds effects and dead letters of what nobody published', async () => {
    tookEffect('a');
    await died('b', 'unhandled');
    const audited = books.audit([], 0);
    expect(audited.irregularities).toMatchObject({ unknown: 2 });
    expect(findings(audited)).toEqual([expect.stringMatching(/^2 × .* never published/)]);
  });

  it('finds effects and dead letters of a subscription that the event was not for', async () => {
    tookEffect('a', { source: 'parcels' });
    tookEffect('a', { source: 'customs' });
    tookEffect('b', { source: 'parcels' });
    await died('b', 'exhausted', 'customs');
    const audited = books.audit([effect('a', 'parcels'), effect('b', 'parcels')], 0);
    expect(audited).toMatchObject({ counts: { lost: 0 }, irregularities: { misplaced: 0, unknown: 2 } });
  });
});

describe('the audit of the read model', () => {
  const told: ParcelState = { parcelId: '1', status: 'delivered', place: 'Bern', scans: 2 };

  /** Lets the handlers' own statements run, as they do for events that come in this order. */
  function build(...steps: readonly ((parcels: ParcelTable) => void)[]) {
    const table = openParcelTable(store.database);
    for (const step of steps) step(table);
    return books.audit([], 0, [told]);
  }

  const packed = (parcels: ParcelTable) => parcels.add('1', 'graz-1');
  const handedOver = (parcels: ParcelTable) => parcels.handOver('1');
  const scannedAt = (place: string) => (parcels: ParcelTable) => parcels.scan('1', place);
  const delivered = (parcels: ParcelTable) => parcels.deliver('1', 'Bern');
  const [first, second] = [scannedAt('Lyon hub'), scannedAt('Basel depot')];
  const misread = [expect.stringMatching(/^1 × misread/)];

  it('is content with every event once, in the order of the stream', () => {
    expect(findings(build(packed, handedOver, first, second, delivered))).toEqual([]);
  });

  it.each([
    ['an event is missing', [packed, handedOver, first, delivered]],
    ['the first event is missing', [handedOver, first, second, delivered]],
    ['an event is doubled', [packed, handedOver, first, second, second, delivered]],
    ['the first event is doubled', [packed, packed, handedOver, first, second, delivered]],
    ['events are out of order', [packed, handedOver, first, delivered, second]],
    ['the first event comes late', [handedOver, first, packed, second, delivered]],
  ])('finds that %s', (_, steps) => {
    expect(findings(build(...steps))).toEqual(misread);
  });

  it('finds a parcel that no stream knows', () => {
    openParcelTable(store.database).add('2', 'graz-1');
    expect(books.audit([], 0).irregularities.misread).toBe(1);
  });
});
