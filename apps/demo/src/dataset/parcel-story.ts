import type { ShopEvent } from '../events.ts';
import type { ParcelEvent } from '../parcels/events.ts';
import { interleave } from './interleave.ts';
import type { Random } from './random.ts';
import { uuid } from './random.ts';

type OrderPlaced = Extract<ShopEvent, { readonly type: 'OrderPlaced.shop' }>['data'];
type OrderShipped = Extract<ShopEvent, { readonly type: 'OrderShipped.shop' }>['data'];
type Draft = Pick<ParcelEvent, 'type' | 'expected' | 'customs'> & {
  readonly data?: Readonly<Record<string, unknown>>;
};

/** The only carrier whose parcels the shop follows. */
const carrier = 'Kolibri Express';

const abroad = ['CH', 'GB'];

/** New in the shop: the register of tariffs has no number for them yet. */
export const withoutTariff: readonly string[] = ['STV-ALC', 'FLT-HOL', 'KNF-FOLD'];

const hubs = [
  'Leipzig hub',
  'Lyon hub',
  'Poznań hub',
  'Basel depot',
  'Malmö depot',
  'Coventry depot',
] as const;

/** How many parcels have an event that comes to no effect. */
const counts = { invalid: 3, unhandled: 4 };

/** What happens to the parcels of orders: packed, handed over, scanned on the way, declared where they go abroad, delivered. */
export function tellParcels(shopEvents: readonly ShopEvent[], random: Random): readonly ParcelEvent[] {
  const orders = new Map(
    shopEvents.flatMap((event) =>
      event.type === 'OrderPlaced.shop' ? [[event.data.orderId, event.data] as const] : [],
    ),
  );
  const stories = shopEvents.flatMap((event) => {
    if (event.type !== 'OrderShipped.shop' || event.data.carrier !== carrier) return [];
    const order = orders.get(event.data.orderId);
    return order ? tellParcelsOf(order, event.data, random) : [];
  });
  return interleave([...stories, ...oddParcels(random)], random);
}

function tellParcelsOf(order: OrderPlaced, shipped: OrderShipped, random: Random): ParcelEvent[][] {
  const { shipTo, lines } = order;
  return Array.from({ length: shipped.parcels }, (_, index) => {
    const skus = lines.filter((_line, at) => at % shipped.parcels === index).map(({ sku }) => sku);
    const drafts: Draft[] = [
      packed(order.orderId, random),
      { type: 'ParcelHandedOver', expected: 'effect', data: { carrier } },
    ];
    if (abroad.includes(shipTo.country)) {
      drafts.push({
        type: 'ParcelSentAbroad',
        expected: 'effect',
        customs: skus.some((sku) => withoutTariff.includes(sku)) ? 'replayed' : 'effect',
        data: { to: shipTo.country, skus },
      });
    }
    for (let scans = random.between(1, 4); scans > 0; scans -= 1) {
      drafts.push({ type: 'ParcelScanned', expected: 'effect', data: { place: random.pick(hubs) } });
    }
    drafts.push({ type: 'ParcelDelivered', expected: 'effect', data: { place: shipTo.city } });
    return inStream(`${shipped.tracking}-${index + 1}`, drafts, random);
  });
}

function packed(order: string, random: Random): Draft {
  const warehouse = random.pick(['graz-1', 'gdansk-2', 'lille-1']);
  return { type: 'ParcelPacked', expected: 'effect', data: { order, warehouse } };
}

/** A scan without a place, and a scale that tells what nobody asked for. */
function oddParcels(random: Random): ParcelEvent[][] {
  const odd = (count: number, draft: Draft) =>
    Array.from({ length: count }, () => {
      const parcelId = `${random.between(1e8, 1e9 - 1)}${random.between(100, 999)}-1`;
      return inStream(parcelId, [packed(`SO-${random.between(90_000, 99_999)}`, random), draft], random);
    });
  return [
    ...odd(counts.invalid, { type: 'ParcelScanned', expected: 'invalid', data: { place: 7 } }),
    ...odd(counts.unhandled, { type: 'ParcelWeighed', expected: 'unhandled', data: { grams: 840 } }),
  ];
}

function inStream(parcelId: string, drafts: readonly Draft[], random: Random): ParcelEvent[] {
  return drafts.map(({ type, expected, customs, data }, index) => ({
    id: uuid(random),
    type,
    expected,
    ...(customs ? { customs } : {}),
    data: { parcelId, sequence: index + 1, ...data },
  }));
}
