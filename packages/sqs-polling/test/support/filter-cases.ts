import type { FilterPolicy, FilterPolicyScope } from '../../src/filter-policy/policy.ts';

type Server = 'fauxqs' | 'moto';

/** One message against one policy, and who of the servers is known to get it wrong (or refuses the policy). */
export interface FilterCase {
  readonly why: string;
  readonly policy: FilterPolicy;
  readonly attributes?: Readonly<Record<string, { readonly DataType: string; readonly StringValue: string }>>;
  readonly scope?: FilterPolicyScope;
  readonly body?: unknown;
  readonly delivered: boolean;
  readonly wrong?: readonly Server[];
}

const text = (StringValue: string) => ({ DataType: 'String', StringValue });
const number = (StringValue: string) => ({ DataType: 'Number', StringValue });
const list = (...values: readonly unknown[]) => ({
  DataType: 'String.Array',
  StringValue: JSON.stringify(values),
});

const event = (name: string) => ({ event: text(name) });
const only = (...conditions: FilterPolicy[string] & readonly unknown[]) =>
  ({ event: conditions }) as FilterPolicy;
/** Operators that came after moto's last look at them. */
const moto: readonly Server[] = ['moto'];

export const attributeCases: readonly FilterCase[] = [
  { why: 'exact', policy: only('A.x'), attributes: event('A.x'), delivered: true },
  { why: 'exact, another', policy: only('A.x'), attributes: event('B.x'), delivered: false },
  { why: 'exact is case-sensitive', policy: only('A.x'), attributes: event('a.x'), delivered: false },
  { why: 'one of several is enough', policy: only('A.x', 'B.x'), attributes: event('B.x'), delivered: true },
  {
    why: 'the attribute is absent',
    policy: only('A.x'),
    attributes: { other: text('A.x') },
    delivered: false,
  },
  { why: 'no attributes at all', policy: only('A.x'), delivered: false },
  { why: 'prefix', policy: only({ prefix: 'Order' }), attributes: event('OrderPlaced.x'), delivered: true },
  { why: 'prefix alone', policy: only({ prefix: 'Order' }), attributes: event('Order'), delivered: true },
  {
    why: 'prefix, not inside',
    policy: only({ prefix: 'Order' }),
    attributes: event('MyOrder'),
    delivered: false,
  },
  { why: 'suffix', policy: only({ suffix: '.shop' }), attributes: event('A.shop'), delivered: true },
  {
    why: 'suffix, not inside',
    policy: only({ suffix: '.shop' }),
    attributes: event('A.shop.x'),
    delivered: false,
  },
  {
    why: 'wildcard',
    policy: only({ wildcard: 'A*.shop' }),
    attributes: event('Abc.shop'),
    delivered: true,
    wrong: moto,
  },
  {
    why: 'wildcard for nothing',
    policy: only({ wildcard: 'A*.shop' }),
    attributes: event('A.shop'),
    delivered: true,
    wrong: moto,
  },
  {
    why: 'wildcard, other end',
    policy: only({ wildcard: 'A*.shop' }),
    attributes: event('A.mall'),
    delivered: false,
    wrong: moto,
  },
  {
    why: 'wildcard, a dot is a dot',
    policy: only({ wildcard: 'A.*p' }),
    attributes: event('Axshop'),
    delivered: false,
    wrong: moto,
  },
  {
    why: 'equals-ignore-case',
    policy: only({ 'equals-ignore-case': 'order' }),
    attributes: event('oRDER'),
    delivered: true,
  },
  {
    why: 'equals-ignore-case is exact',
    policy: only({ 'equals-ignore-case': 'order' }),
    attributes: event('orders'),
    delivered: false,
  },
  {
    why: 'cidr',
    policy: { ip: [{ cidr: '10.0.0.0/24' }] },
    attributes: { ip: text('10.0.0.255') },
    delivered: true,
    wrong: moto,
  },
  {
    why: 'cidr, outside',
    policy: { ip: [{ cidr: '10.0.0.0/24' }] },
    attributes: { ip: text('10.0.1.1') },
    delivered: false,
    wrong: moto,
  },
  { why: 'anything-but', policy: only({ 'anything-but': 'A.x' }), attributes: event('B.x'), delivered: true },
  {
    why: 'anything-but that',
    policy: only({ 'anything-but': 'A.x' }),
    attributes: event('A.x'),
    delivered: false,
  },
  {
    why: 'anything-but several',
    policy: only({ 'anything-but': ['A.x', 'B.x'] }),
    attributes: event('B.x'),
    delivered: false,
  },
  {
    why: 'anything-but needs the attribute',
    policy: only({ 'anything-but': 'A.x' }),
    attributes: { other: text('1') },
    delivered: false,
  },
  {
    why: 'anything-but prefix',
    policy: only({ 'anything-but': { prefix: 'Order' } }),
    attributes: event('Refund'),
    delivered: true,
  },
  {
    why: 'anything-but prefix, that',
    policy: only({ 'anything-but': { prefix: 'Order' } }),
    attributes: event('OrderX'),
    delivered: false,
  },
  {
    why: 'anything-but suffix',
    policy: only({ 'anything-but': { suffix: '.x' } }),
    attributes: event('A.y'),
    delivered: true,
    wrong: moto,
  },
  {
    why: 'anything-but suffix, that',
    policy: only({ 'anything-but': { suffix: '.x' } }),
    attributes: event('A.x'),
    delivered: false,
  },
  {
    why: 'anything-but wildcard',
    policy: only({ 'anything-but': { wildcard: 'A*.x' } }),
    attributes: event('B.x'),
    delivered: true,
    wrong: moto,
  },
  {
    why: 'anything-but wildcard, that',
    policy: only({ 'anything-but': { wildcard: 'A*.x' } }),
    attributes: event('Ab.x'),
    delivered: false,
  },
  {
    why: 'anything-but a number',
    policy: { price: [{ 'anything-but': [100, 200] }] },
    attributes: { price: number('150') },
    delivered: true,
  },
  {
    why: 'anything-but a number, that',
    policy: { price: [{ 'anything-but': [100, 200] }] },
    attributes: { price: number('200') },
    delivered: false,
  },
  { why: 'number, exact', policy: { price: [100] }, attributes: { price: number('100') }, delivered: true },
  {
    why: 'number written otherwise',
    policy: { price: [100] },
    attributes: { price: number('100.0') },
    delivered: true,
  },
  {
    why: 'number, another',
    policy: { price: [100] },
    attributes: { price: number('101') },
    delivered: false,
  },
  {
    why: 'numeric =',
    policy: { price: [{ numeric: ['=', 1.5] }] },
    attributes: { price: number('1.5') },
    delivered: true,
  },
  {
    why: 'numeric > excludes',
    policy: { price: [{ numeric: ['>', 5] }] },
    attributes: { price: number('5') },
    delivered: false,
  },
  {
    why: 'numeric >= includes',
    policy: { price: [{ numeric: ['>=', 5] }] },
    attributes: { price: number('5') },
    delivered: true,
  },
  {
    why: 'numeric < excludes',
    policy: { price: [{ numeric: ['<', 5] }] },
    attributes: { price: number('5') },
    delivered: false,
  },
  {
    why: 'numeric <= includes',
    policy: { price: [{ numeric: ['<=', 5] }] },
    attributes: { price: number('5') },
    delivered: true,
  },
  {
    why: 'numeric range, within',
    policy: { price: [{ numeric: ['>', 0, '<=', 5] }] },
    attributes: { price: number('5') },
    delivered: true,
  },
  {
    why: 'numeric range, below',
    policy: { price: [{ numeric: ['>', 0, '<=', 5] }] },
    attributes: { price: number('0') },
    delivered: false,
  },
  {
    why: 'numeric range, above',
    policy: { price: [{ numeric: ['>', 0, '<=', 5] }] },
    attributes: { price: number('5.00001') },
    delivered: false,
  },
  {
    why: 'numeric below nought',
    policy: { price: [{ numeric: ['<', 0] }] },
    attributes: { price: number('-3') },
    delivered: true,
  },
  { why: 'exists', policy: only({ exists: true }), attributes: event('A'), delivered: true },
  {
    why: 'exists, absent',
    policy: only({ exists: true }),
    attributes: { other: text('1') },
    delivered: false,
  },
  { why: 'exists not', policy: only({ exists: false }), attributes: { other: text('1') }, delivered: true },
  { why: 'exists not, present', policy: only({ exists: false }), attributes: event('A'), delivered: false },
  // Documented: an empty set of attributes does not match.
  {
    why: 'exists not, without any attribute',
    policy: only({ exists: false }),
    delivered: false,
    wrong: moto,
  },
  {
    why: 'all keys must match',
    policy: { event: ['A'], shop: ['s'] },
    attributes: { ...event('A'), shop: text('s') },
    delivered: true,
  },
  {
    why: 'one key does not',
    policy: { event: ['A'], shop: ['s'] },
    attributes: { ...event('A'), shop: text('t') },
    delivered: false,
  },
  {
    why: 'further attributes do not matter',
    policy: only('A'),
    attributes: { ...event('A'), shop: text('t') },
    delivered: true,
  },
  {
    why: '$or, first',
    policy: { $or: [{ event: ['A'] }, { shop: ['s'] }] },
    attributes: event('A'),
    delivered: true,
  },
  {
    why: '$or, second',
    policy: { $or: [{ event: ['A'] }, { shop: ['s'] }] },
    attributes: { shop: text('s') },
    delivered: true,
  },
  {
    why: '$or, none',
    policy: { $or: [{ event: ['A'] }, { shop: ['s'] }] },
    attributes: { shop: text('t') },
    delivered: false,
  },
  {
    why: '$or and a key',
    policy: { tenant: ['t'], $or: [{ event: ['A'] }, { shop: ['s'] }] },
    attributes: { tenant: text('t'), shop: text('s') },
    delivered: true,
  },
  {
    why: '$or without the key',
    policy: { tenant: ['t'], $or: [{ event: ['A'] }, { shop: ['s'] }] },
    attributes: { shop: text('s') },
    delivered: false,
  },
  {
    why: 'String.Array, an element',
    policy: only('A'),
    attributes: { event: list('B', 'A') },
    delivered: true,
    wrong: ['fauxqs'],
  },
  {
    why: 'String.Array, no element',
    policy: only('A'),
    attributes: { event: list('B', 'C') },
    delivered: false,
  },
  {
    why: 'String.Array, a number in it',
    policy: { event: [7] },
    attributes: { event: list(7, 8) },
    delivered: true,
    wrong: ['fauxqs'],
  },
  {
    why: 'String.Array, anything-but wants no element listed',
    policy: only({ 'anything-but': ['A'] }),
    attributes: { event: list('A', 'B') },
    delivered: false,
    wrong: ['fauxqs'],
  },
  {
    why: 'String.Array, anything-but without a listed element',
    policy: only({ 'anything-but': ['A'] }),
    attributes: { event: list('B') },
    delivered: true,
  },
];

const onBodies: readonly FilterCase[] = [
  { why: 'a property', policy: { type: ['A'] }, body: { type: 'A' }, delivered: true },
  { why: 'a property, another', policy: { type: ['A'] }, body: { type: 'B' }, delivered: false },
  { why: 'an absent property', policy: { type: ['A'] }, body: { kind: 'A' }, delivered: false },
  {
    why: 'attributes do not count',
    policy: { event: ['A'] },
    body: {},
    attributes: event('A'),
    delivered: false,
  },
  { why: 'a prefix', policy: { type: [{ prefix: 'Or' }] }, body: { type: 'Order' }, delivered: true },
  { why: 'nested', policy: { detail: { type: ['A'] } }, body: { detail: { type: 'A' } }, delivered: true },
  {
    why: 'nested, another',
    policy: { detail: { type: ['A'] } },
    body: { detail: { type: 'B' } },
    delivered: false,
  },
  { why: 'nested, absent', policy: { detail: { type: ['A'] } }, body: { type: 'A' }, delivered: false },
  {
    why: 'nested and beside it',
    policy: { v: [1], d: { t: ['A'] } },
    body: { v: 1, d: { t: 'A' } },
    delivered: true,
  },
  { why: 'a number', policy: { price: [{ numeric: ['>', 5] }] }, body: { price: 6 }, delivered: true },
  {
    why: 'a number, too small',
    policy: { price: [{ numeric: ['>', 5] }] },
    body: { price: 5 },
    delivered: false,
  },
  {
    why: 'a list, an element',
    policy: { tags: ['A'] },
    body: { tags: ['B', 'A'] },
    delivered: true,
    wrong: ['fauxqs'],
  },
  { why: 'a list, no element', policy: { tags: ['A'] }, body: { tags: ['B'] }, delivered: false },
  {
    why: 'a list of objects',
    policy: { items: { sku: ['A'] } },
    body: { items: [{ sku: 'B' }, { sku: 'A' }] },
    delivered: true,
    wrong: ['fauxqs'],
  },
  { why: 'exists', policy: { type: [{ exists: true }] }, body: { type: 'A' }, delivered: true },
  // Documented: the value must be neither null nor empty.
  {
    why: 'exists, but is null',
    policy: { type: [{ exists: true }] },
    body: { type: null, v: 1 },
    delivered: false,
    wrong: moto,
  },
  {
    why: 'exists, but is empty',
    policy: { type: [{ exists: true }] },
    body: { type: '' },
    delivered: false,
    wrong: ['moto', 'fauxqs'],
  },
  { why: 'exists not', policy: { type: [{ exists: false }] }, body: { kind: 'A' }, delivered: true },
  {
    why: 'a list, anything-but lets one other element through',
    policy: { tags: [{ 'anything-but': 'A' }] },
    body: { tags: ['A', 'B'] },
    delivered: true,
    wrong: ['moto', 'fauxqs'],
  },
  { why: 'no JSON', policy: { type: ['A'] }, body: undefined, delivered: false },
  { why: 'null', policy: { type: [null] }, body: { type: null }, delivered: true, wrong: moto },
  { why: 'true', policy: { paid: [true] }, body: { paid: true }, delivered: true },
  {
    why: '$or with nesting',
    policy: { $or: [{ a: { b: ['A'] } }, { c: ['C'] }] },
    body: { a: { b: 'A' } },
    delivered: true,
    wrong: moto,
  },
];

export const bodyCases: readonly FilterCase[] = onBodies.map((one) => ({ ...one, scope: 'MessageBody' }));
