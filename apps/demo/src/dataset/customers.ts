import type { Random } from './random.ts';

/** A customer is a number and a place: nobody's name, and streets that exist in no register. */
export interface Customer {
  readonly id: string;
  readonly email: string;
  readonly currency: string;
  readonly address: {
    readonly street: string;
    readonly city: string;
    readonly postcode: string;
    readonly country: string;
  };
}

interface Town {
  readonly city: string;
  readonly country: string;
  /** `#` stands for a digit, `@` for a letter. */
  readonly postcode: string;
  readonly currency: string;
}

const towns: readonly [Town, ...Town[]] = [
  { city: 'Graz', country: 'AT', postcode: '80##', currency: 'EUR' },
  { city: 'Innsbruck', country: 'AT', postcode: '602#', currency: 'EUR' },
  { city: 'Freiburg', country: 'DE', postcode: '791##', currency: 'EUR' },
  { city: 'Leipzig', country: 'DE', postcode: '043##', currency: 'EUR' },
  { city: 'Lille', country: 'FR', postcode: '59#00', currency: 'EUR' },
  { city: 'Grenoble', country: 'FR', postcode: '38#00', currency: 'EUR' },
  { city: 'Utrecht', country: 'NL', postcode: '35## @@', currency: 'EUR' },
  { city: 'Zaragoza', country: 'ES', postcode: '500##', currency: 'EUR' },
  { city: 'Tampere', country: 'FI', postcode: '33##0', currency: 'EUR' },
  { city: 'Bern', country: 'CH', postcode: '30##', currency: 'CHF' },
  { city: 'Chur', country: 'CH', postcode: '700#', currency: 'CHF' },
  { city: 'Gdańsk', country: 'PL', postcode: '80-###', currency: 'PLN' },
  { city: 'Zakopane', country: 'PL', postcode: '34-5##', currency: 'PLN' },
  { city: 'Brno', country: 'CZ', postcode: '6## 00', currency: 'CZK' },
  { city: 'Umeå', country: 'SE', postcode: '90# ##', currency: 'SEK' },
  { city: 'Sheffield', country: 'GB', postcode: 'S## #@@', currency: 'GBP' },
  { city: 'Inverness', country: 'GB', postcode: 'IV# #@@', currency: 'GBP' },
];

const trees = ['Alder', 'Rowan', 'Larch', 'Juniper', 'Hawthorn', 'Linden', 'Spruce', 'Hazel'] as const;
const ways = ['Lane', 'Row', 'Court', 'Hill', 'Walk', 'Yard'] as const;
const hosts = ['example.com', 'example.net', 'example.org'] as const;

/** Units of a currency for 100 euros, before the comma: enough for a price list. */
const per100Euros: Readonly<Record<string, number>> = {
  EUR: 100,
  CHF: 94,
  GBP: 86,
  PLN: 427,
  CZK: 2_510,
  SEK: 1_118,
};

export function priceIn(currency: string, euroCents: number): number {
  return Math.floor((euroCents * (per100Euros[currency] ?? 100)) / 100);
}

export function makeCustomers(count: number, random: Random): readonly [Customer, ...Customer[]] {
  const make = (index: number): Customer => {
    const { city, country, currency, postcode } = random.pick(towns);
    const number = 10_000 + index * 7;
    const street = `${random.between(1, 120)} ${random.pick(trees)} ${random.pick(ways)}`;
    return {
      id: `C-${number}`,
      email: `c${number}@${random.pick(hosts)}`,
      currency,
      address: { street, city, postcode: fill(postcode, random), country },
    };
  };
  return [make(0), ...Array.from({ length: count - 1 }, (_, index) => make(index + 1))];
}

function fill(pattern: string, random: Random): string {
  return pattern.replaceAll(/[#@]/g, (sign) =>
    sign === '#' ? String(random.between(0, 9)) : String.fromCharCode(random.between(65, 90)),
  );
}
