import type { CrmEvent } from '../crm/events.ts';
import type { ShopEvent } from '../events.ts';
import type { Customer } from './customers.ts';
import { interleave } from './interleave.ts';
import { poisonCurrency } from './mishaps.ts';
import type { Random } from './random.ts';
import { uuid } from './random.ts';

/** How many events of each kind come to no effect. */
const counts = { invalid: 4, poison: 4, unhandled: 5 };

/** What happens in the CRM meanwhile: accounts are opened and changed, and the service desk grants credits. */
export function tellCrm(
  customers: readonly Customer[],
  shopEvents: readonly ShopEvent[],
  random: Random,
): readonly CrmEvent[] {
  const orders = shopEvents.flatMap((event) => (event.type === 'OrderPlaced.shop' ? [event.data] : []));
  const events = interleave(
    [
      ...customers.map((customer) => tellAccount(customer, random)),
      ...orders
        .filter(() => random.percent(30))
        .map(({ orderId, total }) => tellCredits(orderId, total.currency, random)),
    ],
    random,
  );
  for (const odd of oddEvents(random)) events.splice(random.between(20, events.length - 20), 0, odd);
  return events;
}

function tellAccount({ id, currency }: Customer, random: Random): CrmEvent[] {
  const recordId = recordIdOf(random);
  return Array.from({ length: random.between(1, 5) }, (_, index) => {
    const changed = { CreditLimit__c: random.between(2, 200) * 50, Revision__c: index + 1 };
    const opened = { AccountNumber: id, CurrencyIsoCode: currency };
    return {
      id: uuid(random),
      kind: 'account',
      change: index === 0 ? 'CREATE' : 'UPDATE',
      recordId,
      expected: 'effect',
      fields: index === 0 ? { ...opened, ...changed } : changed,
    };
  });
}

function tellCredits(orderId: string, currency: string, random: Random): CrmEvent[] {
  return Array.from({ length: random.pick([1, 1, 1, 2]) }, (_, index) => ({
    id: uuid(random),
    kind: 'credit',
    expected: 'effect',
    fields: {
      Order__c: orderId,
      Number__c: index + 1,
      Amount__c: random.between(100, 9_000) / 100,
      CurrencyIsoCode: currency,
    },
  }));
}

function oddEvents(random: Random): CrmEvent[] {
  const times = (count: number, make: () => CrmEvent) => Array.from({ length: count }, make);
  const credit = (expected: CrmEvent['expected'], fields: CrmEvent['fields']): CrmEvent => {
    const Order__c = `SO-${random.between(90_000, 99_999)}`;
    return { id: uuid(random), kind: 'credit', expected, fields: { Order__c, Number__c: 1, ...fields } };
  };
  return [
    ...times(counts.invalid, () => credit('invalid', { Amount__c: 'twenty', CurrencyIsoCode: 'EUR' })),
    ...times(counts.poison, () =>
      credit('exhausted', { Amount__c: random.between(1, 50), CurrencyIsoCode: poisonCurrency }),
    ),
    ...times(counts.unhandled, () => ({
      id: uuid(random),
      kind: 'account',
      change: 'DELETE',
      recordId: recordIdOf(random),
      expected: 'unhandled',
      fields: {},
    })),
  ];
}

/** Eighteen characters as Salesforce has them; the last three tell of capitals, of which there are none. */
function recordIdOf(random: Random): string {
  return `001${random.hex(12)}AAA`;
}
