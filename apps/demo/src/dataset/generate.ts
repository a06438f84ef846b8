import type { CrmEvent } from '../crm/events.ts';
import type { ShopEvent } from '../events.ts';
import type { ParcelEvent } from '../parcels/events.ts';
import type { PushEvent } from '../push/events.ts';
import { tellCrm } from './crm-story.ts';
import { makeCustomers } from './customers.ts';
import type { Mishap } from './mishaps.ts';
import { makeMishaps } from './mishaps.ts';
import { tellOrder } from './order-story.ts';
import { tellPushes } from './push-story.ts';
import { tellParcels } from './parcel-story.ts';
import { seededRandom } from './random.ts';

export interface Dataset {
  /** In the order in which they happened. */
  readonly events: readonly ShopEvent[];
  /** By the time at which they happen. */
  readonly mishaps: readonly Mishap[];
  /** What happens in the CRM, in the order in which it happens. */
  readonly crm: readonly CrmEvent[];
  /** What happens to parcels, in the order in which it happens. */
  readonly parcels: readonly ParcelEvent[];
  /** What others push, in the order in which they do. */
  readonly pushes: readonly PushEvent[];
}

const seed = 20_260_302;
const crmSeed = 20_260_303;
const parcelSeed = 20_260_304;
const pushSeed = 20_260_305;
const orders = 620;
const customers = 240;
const opening = Date.UTC(2026, 2, 2, 6);
const openFor = 16 * 3_600_000;

/** A day of orders and what became of them in the days after. The same each time, to the byte. */
export function generateDataset(): Dataset {
  const random = seededRandom(seed);
  const everybody = makeCustomers(customers, random);
  const stories = Array.from({ length: orders }, (_, index) =>
    tellOrder(`SO-${20_000 + index}`, random.pick(everybody), opening + random.between(0, openFor), random),
  );
  const events = stories.flat().sort((one, other) => Date.parse(one.time) - Date.parse(other.time));
  const [first, ...rest] = events;
  if (first === undefined) throw new Error('A dataset without events.');
  return {
    events,
    mishaps: makeMishaps([first, ...rest], random),
    crm: tellCrm(everybody, events, seededRandom(crmSeed)),
    parcels: tellParcels(events, seededRandom(parcelSeed)),
    pushes: tellPushes(events, seededRandom(pushSeed)),
  };
}

export function toJsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
