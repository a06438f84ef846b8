import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { CrmEvent } from '../src/crm/events.ts';
import { accountChanged, creditApproved, messageIdOf } from '../src/crm/events.ts';
import { datasetFiles, readDataset } from '../src/dataset/files.ts';
import { generateDataset, toJsonLines } from '../src/dataset/generate.ts';
import type { Mishap } from '../src/dataset/mishaps.ts';
import { withoutTariff } from '../src/dataset/parcel-story.ts';
import { schemas } from '../src/events.ts';
import { parcelSchemas } from '../src/parcels/events.ts';
import type { PushEvent } from '../src/push/events.ts';
import { paymentSettled, priceChanged, stockCounted } from '../src/push/events.ts';
import { eventIdOf, planPublications } from '../src/plan.ts';

const { events, mishaps, crm, parcels, pushes } = readDataset();

describe('the data that is checked in', () => {
  it('is what the generator makes, to the byte', () => {
    const generated = generateDataset();
    expect(readFileSync(datasetFiles.events, 'utf8')).toBe(toJsonLines(generated.events));
    expect(readFileSync(datasetFiles.mishaps, 'utf8')).toBe(toJsonLines(generated.mishaps));
    expect(readFileSync(datasetFiles.crm, 'utf8')).toBe(toJsonLines(generated.crm));
    expect(readFileSync(datasetFiles.parcels, 'utf8')).toBe(toJsonLines(generated.parcels));
    expect(readFileSync(datasetFiles.pushes, 'utf8')).toBe(toJsonLines(generated.pushes));
  });

  it('has at least 5,000 events with ids of their own, each as its schema wants it', () => {
    expect(events.length).toBeGreaterThanOrEqual(5_000);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    for (const { id, channel, type, data } of events) {
      expect(parse(channel, type, data), id).toEqual({ success: true, data });
    }
  });

  it('numbers the events of each order from 1 without a gap, in the order of time', () => {
    const latest = new Map<string, number>();
    let before = '';
    for (const { id, time, data } of events) {
      expect(time >= before, id).toBe(true);
      before = time;
      if (!('sequence' in data)) continue;
      expect(data.sequence, id).toBe((latest.get(data.orderId) ?? 0) + 1);
      latest.set(data.orderId, data.sequence);
    }
    expect(latest.size).toBeGreaterThan(500);
  });

  it('has every kind of mishap, and payloads that really break their schema or really fit it', () => {
    const kinds = ['resent', 'republished', 'garbage', 'invalid', 'unhandled', 'poison'];
    expect(new Set(mishaps.map(({ kind }) => kind))).toEqual(new Set(kinds));
    const fits = (kind: Mishap['kind']) =>
      mishaps.flatMap((it) =>
        it.kind === kind && 'data' in it ? [parse(it.channel, it.type, it.data).success] : [],
      );
    expect(new Set(fits('invalid'))).toEqual(new Set([false]));
    expect(new Set(fits('poison'))).toEqual(new Set([true]));
    expect(mishaps.filter((it) => it.kind === 'unhandled' && it.type in schemas[it.channel])).toEqual([]);
    expect(mishaps.filter((it) => it.kind === 'garbage' && isJson(it.body))).toEqual([]);
  });
});

describe('the data of the CRM', () => {
  const parsed = crm.map((event) => ({ event, data: parseCrm(event) }));

  it('has hundreds of events, each known by an id of its own and as its schema wants it', () => {
    expect(crm.length).toBeGreaterThan(500);
    expect(new Set(crm.map(messageIdOf)).size).toBe(crm.length);
    for (const { event, data } of parsed) {
      const fits = event.expected !== 'invalid' && event.expected !== 'unhandled';
      expect(data !== undefined, event.id).toBe(fits);
    }
  });

  it('has events of every fate', () => {
    const fates = ['effect', 'invalid', 'exhausted', 'unhandled'];
    expect(new Set(crm.map(({ expected }) => expected))).toEqual(new Set(fates));
  });

  it('numbers what is about one order or account from 1 without a gap', () => {
    const latest = new Map<string, number>();
    for (const { event, data } of parsed) {
      if (data === undefined) continue;
      const subject = 'orderId' in data ? data.orderId : data.accountId;
      expect(data.sequence, event.id).toBe((latest.get(subject) ?? 0) + 1);
      latest.set(subject, data.sequence);
    }
    expect([...latest.values()].filter((count) => count > 1).length).toBeGreaterThan(100);
  });
});

describe('the data of parcels', () => {
  const schemaOf = (type: string) => new Map<string, z.ZodType>(Object.entries(parcelSchemas)).get(type);

  it('has a thousand events, each with an id of its own and as its schema wants it, or not where it should not', () => {
    expect(parcels.length).toBeGreaterThan(1_000);
    expect(new Set(parcels.map(({ id }) => id)).size).toBe(parcels.length);
    for (const { id, type, data, expected } of parcels) {
      const fate = schemaOf(type)?.safeParse(data).success;
      expect(fate === undefined ? 'unhandled' : fate ? 'effect' : 'invalid', id).toBe(expected);
    }
  });

  it('has events of every fate, at customs too', () => {
    expect(new Set(parcels.map(({ expected }) => expected))).toEqual(
      new Set(['effect', 'invalid', 'unhandled']),
    );
    for (const { id, type, data, customs } of parcels) {
      const skus = type === 'ParcelSentAbroad' ? (data['skus'] as readonly string[]) : undefined;
      const isUnknown = skus?.some((sku) => withoutTariff.includes(sku));
      expect(customs, id).toBe(skus && (isUnknown ? 'replayed' : 'effect'));
    }
    expect(parcels.filter(({ customs }) => customs === 'effect').length).toBeGreaterThan(20);
    expect(parcels.filter(({ customs }) => customs === 'replayed').length).toBeGreaterThan(5);
  });

  it('numbers the events of each parcel from 1 without a gap', () => {
    const latest = new Map<string, number>();
    for (const { id, data } of parcels) {
      expect(data.sequence, id).toBe((latest.get(data.parcelId) ?? 0) + 1);
      latest.set(data.parcelId, data.sequence);
    }
    expect(latest.size).toBeGreaterThan(100);
  });
});

describe('what is pushed', () => {
  const schemas: readonly (readonly [RegExp, z.ZodType])[] = [
    [/^stock\//, stockCounted],
    [/^prices\//, priceChanged],
    [/^payment\.settled$/, paymentSettled],
  ];

  function fateOf(event: PushEvent): PushEvent['expected'] {
    const name = event.source === 'payments' ? event.type : event.topic;
    const schema = schemas.find(([names]) => names.test(name))?.[1];
    if (schema === undefined) return 'unhandled';
    try {
      const data: unknown = event.source === 'payments' ? event.data : JSON.parse(event.body);
      return schema.safeParse(data).success ? 'effect' : 'invalid';
    } catch {
      return 'undecodable';
    }
  }

  it('has hundreds of events, each with an id of its own and as its schema wants it, or not where it should not', () => {
    expect(pushes.length).toBeGreaterThan(300);
    expect(new Set(pushes.map(({ id }) => id)).size).toBe(pushes.length);
    for (const event of pushes) expect(fateOf(event), event.id).toBe(event.expected);
  });

  it('has events of every source and every fate', () => {
    expect(new Set(pushes.map(({ source }) => source))).toEqual(new Set(['stock', 'prices', 'payments']));
    expect(new Set(pushes.map(({ expected }) => expected))).toEqual(
      new Set(['effect', 'invalid', 'unhandled', 'undecodable']),
    );
  });
});

describe('the plan of what to publish', () => {
  const plan = planPublications({ events, mishaps, crm, parcels, pushes });

  it('has every event and every mishap', () => {
    expect(plan).toHaveLength(events.length + mishaps.length);
  });

  it('repeats an event only after it was published, and never with its deduplication id', () => {
    const seen = new Set<string>();
    const deduplicationIds = new Set<string>();
    let repeated = 0;
    for (const publication of plan) {
      const id = eventIdOf(publication);
      expect(deduplicationIds.has(publication.deduplicationId)).toBe(false);
      deduplicationIds.add(publication.deduplicationId);
      if (id !== undefined && seen.has(id)) repeated += 1;
      else if (id !== undefined) seen.add(id);
    }
    expect(repeated).toBe(mishaps.filter(({ kind }) => kind === 'resent' || kind === 'republished').length);
  });

  it('publishes the events of each order in their order', () => {
    const steps = plan.filter((publication) => {
      const { channel, expected, deduplicationId } = publication;
      return channel === 'orders' && expected === 'effect' && deduplicationId === eventIdOf(publication);
    });
    const known = new Map(events.map((event) => [event.id, event.data]));
    const latest = new Map<string, number>();
    for (const step of steps) {
      const { orderId } = step;
      const data = known.get(eventIdOf(step) ?? '');
      const sequence = data && 'sequence' in data ? data.sequence : NaN;
      expect(sequence).toBe((latest.get(orderId) ?? 0) + 1);
      latest.set(orderId, sequence);
    }
  });
});

function parse(channel: keyof typeof schemas, type: string, data: unknown) {
  const schema = new Map<string, z.ZodType>(Object.entries(schemas[channel])).get(type);
  if (schema === undefined) throw new Error(`No schema for ${type}.`);
  return schema.safeParse(data);
}

/** As a handler gets it; undefined when it gets nothing. */
function parseCrm(event: CrmEvent) {
  if (event.kind === 'credit') return creditApproved.safeParse(event.fields).data;
  const ChangeEventHeader = { recordIds: [event.recordId] };
  return accountChanged.safeParse({ ChangeEventHeader, ...event.fields }).data;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
