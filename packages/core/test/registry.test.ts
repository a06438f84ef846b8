import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import type { Registration, Registry } from '../src/registry.ts';
import { createRegistry, patternsOf, registryOf } from '../src/registry.ts';
import { refusal } from './support/refusal.ts';

async function placed(): Promise<void> {}
const cancelled = () => {};

/** What a registration says, without what it runs. */
const said = ({ name, patterns, isDefault, sources }: Registration) => ({
  name,
  patterns,
  isDefault,
  sources,
});
/** `add` with what the types would not let through. */
const addAnything = (...args: readonly unknown[]) =>
  (createRegistry().add as (...args: readonly unknown[]) => Registry)(...args);

describe('what plain functions are registered as', () => {
  test.each([
    {
      types: 'a type',
      registry: () => createRegistry().add('OrderPlaced', placed),
      patterns: ['OrderPlaced'],
    },
    {
      types: 'a list',
      registry: () => createRegistry().add(['A', 'B.shop'], placed),
      patterns: ['A', 'B.shop'],
    },
    {
      types: 'a pattern',
      registry: () => createRegistry().add('Order*.shop', placed),
      patterns: ['Order*.shop'],
    },
    { types: 'options too', registry: () => createRegistry().add('A', {}, placed), patterns: ['A'] },
    { types: 'no type', registry: () => createRegistry().add(placed), patterns: [] },
    { types: 'options only', registry: () => createRegistry().add({}, placed), patterns: [] },
  ])('$types', ({ registry, patterns }) => {
    const isDefault = patterns.length === 0;
    expect(registry().registrations.map(said)).toEqual([
      { name: 'placed', patterns, isDefault, sources: undefined },
    ]);
  });

  test('the function and its options are kept', () => {
    const options = {
      schema: z.object({ total: z.number() }),
      source: ['shop', 'legacy'],
      timeout: false,
      retry: { attempts: 1, delay: 0, factor: 1, maxDelay: 10, retryable: () => false, where: 'in-place' },
      idempotencyKey: () => 'key',
      middleware: [async () => {}],
    } as const;
    const [registration] = createRegistry().add('A', options, placed).registrations;
    expect(registration).toMatchObject({ options, sources: ['shop', 'legacy'] });
    expect(registration?.handle).toBe(placed);
  });

  test('one source may be given as a text', () => {
    const [registration] = createRegistry().add({ source: 'shop' }, placed).registrations;
    expect(registration?.sources).toEqual(['shop']);
  });

  test('a list that its owner changes later stays as it was registered', () => {
    const types = ['A'];
    const registry = createRegistry().add(types, placed);
    types.push('B');
    expect(registry.registrations[0]?.patterns).toEqual(['A']);
  });
});

describe('the name of a handler', () => {
  test.each([
    { from: 'the option', registry: createRegistry().add('A', { name: 'billing' }, placed), name: 'billing' },
    { from: 'the function', registry: createRegistry().add('A', placed), name: 'placed' },
    { from: 'the constant', registry: createRegistry().add('A', cancelled), name: 'cancelled' },
    { from: 'the type, of an anonymous function', registry: createRegistry().add('A', () => {}), name: 'A' },
    { from: 'the types', registry: createRegistry().add(['A', 'B*'], () => {}), name: 'A,B*' },
    { from: 'being the default', registry: createRegistry().add(() => {}), name: 'default' },
  ])('comes from $from', ({ registry, name }) => {
    expect(registry.registrations.map((registration) => registration.name)).toEqual([name]);
  });
});

describe('a handler twice', () => {
  const another = /named "[\w, ]+" is registered already.*the option "name"/;

  test.each([
    {
      what: 'the same function',
      add: () => createRegistry().add('A', placed).add('B', placed),
      message: another,
    },
    {
      what: 'the same name',
      add: () => createRegistry().add('A', { name: 'placed' }, cancelled).add('B', placed),
      message: another,
    },
    {
      what: 'the same type, both anonymous',
      add: () =>
        createRegistry()
          .add('A', () => {})
          .add('A', () => {}),
      message: another,
    },
    {
      what: 'two anonymous defaults',
      add: () =>
        createRegistry()
          .add(() => {})
          .add(() => {}),
      message: another,
    },
    { what: 'a registry in itself', add: () => twice(createRegistry().add('A', placed)), message: another },
    {
      what: 'the same type twice in one list',
      add: () => createRegistry().add(['A', 'B', 'A'], placed),
      message: /"placed" lists "A" twice/,
    },
  ])('$what is refused', ({ add, message }) => expect(add).toThrow(refusal('HANDLER_DUPLICATE', message)));

  function twice(registry: Registry): Registry {
    return registry.addAll(registry);
  }

  test('is two handlers when they have names of their own', () => {
    const registry = createRegistry()
      .add('A', { name: 'first' }, placed)
      .add('A', { name: 'second' }, placed);
    expect(registry.registrations.map(({ name }) => name)).toEqual(['first', 'second']);
  });

  test('a refused one leaves the registry as it was', () => {
    const registry = createRegistry().add('A', placed);
    expect(() => registry.add('B', placed)).toThrow(another);
    expect(registry.registrations.map(said)).toEqual([
      said(createRegistry().add('A', placed).registrations[0] as Registration),
    ]);
  });
});

describe('event types', () => {
  test.each(['Order**', 'Order?', '[a]', '{a,b}', '', ' ', 'a b'])(
    '%j is refused, alone and in a list',
    (type) => {
      const refused = refusal('HANDLER_PATTERN', /is neither an event type nor a pattern/);
      expect(() => createRegistry().add(type, placed)).toThrow(refused);
      expect(() => createRegistry().add(['A', type], placed)).toThrow(refused);
    },
  );

  test('an empty list is no default handler', () => {
    expect(() => createRegistry().add([], placed)).toThrow(
      refusal('HANDLER_PATTERN', /"placed" lists no event type.*leave the types out/),
    );
  });

  test.each([[undefined], [null]])('%s, such as a misspelt constant, is no default handler', (type) => {
    const refused = refusal('HANDLER_PATTERN', /event type is (undefined|null).*leave the types out/);
    expect(() => addAnything(type, placed)).toThrow(refused);
    expect(() => addAnything(type, {}, placed)).toThrow(refused);
  });
});

describe('arguments that make no handler', () => {
  const noFunction = /registered by \(types, options\?, function\)/;
  const noOptions = /declared by \(types, options\?\)/;

  test.each([
    { args: [], message: noFunction },
    { args: ['A'], message: noFunction },
    { args: ['A', {}], message: noFunction },
    { args: ['A', placed, {}], message: noFunction },
    { args: [{ placed }], message: noFunction },
    { args: ['A', 'B', placed], message: noOptions },
    { args: ['A', ['B'], placed], message: noOptions },
    { args: ['A', null, placed], message: noOptions },
    { args: ['A', {}, {}, placed], message: noOptions },
    { args: [{}, {}, placed], message: noOptions },
    { args: [7, placed], message: noOptions },
    { args: [cancelled, placed], message: noOptions },
  ])('$args', ({ args, message }) =>
    expect(() => addAnything(...args)).toThrow(refusal('HANDLER_OPTIONS', message)),
  );

  test('options that are undefined are left out', () => {
    expect(addAnything('A', undefined, placed).registrations).toHaveLength(1);
  });
});

describe('options that are wrong', () => {
  test.each([
    [{ name: '' }, /"name" must be a text that is not blank, not a blank text/],
    [{ name: 7 }, /"name" must be a text that is not blank, not 7/],
    [{ source: ' ' }, /"source" must be a text/],
    [{ source: ['shop', 7] }, /"source" must be a text that is not blank, not 7/],
    [{ source: [] }, /"source" lists no source. Leave it out/],
    [{ schema: {} }, /"schema" does not speak Standard Schema/],
    [{ schema: null }, /"schema" does not speak Standard Schema/],
    [{ schema: { '~standard': {} } }, /"schema" does not speak Standard Schema/],
    [{ timeout: 0 }, /"timeout" must be a number of milliseconds from 1 to 2147483647, not 0/],
    [{ timeout: -1 }, /"timeout" .* not -1/],
    [{ timeout: Number.NaN }, /"timeout" .* not NaN/],
    [{ timeout: Infinity }, /"timeout" .* not Infinity/],
    [{ timeout: 2 ** 31 }, /"timeout" .* not 2147483648/],
    [{ timeout: '5000' }, /"timeout" .* not a text/],
    [{ timeout: true }, /"timeout" .* not true/],
    [{ timeout: null }, /"timeout" .* not null/],
    [{ retry: 5 }, /"retry" must be an object, not 5/],
    [{ retry: null }, /"retry" must be an object, not null/],
    [{ retry: { attempts: 0 } }, /"retry.attempts" must be a whole number from 1, not 0/],
    [{ retry: { attempts: 1.5 } }, /"retry.attempts" .* not 1.5/],
    [{ retry: { attempts: Infinity } }, /"retry.attempts" .* not Infinity/],
    [{ retry: { attempts: '3' } }, /"retry.attempts" .* not a text/],
    [{ retry: { delay: -1 } }, /"retry.delay" must be a number of milliseconds from 0 to 2147483647, not -1/],
    [{ retry: { delay: [] } }, /"retry.delay" .* not a list/],
    [{ retry: { maxDelay: Number.NaN } }, /"retry.maxDelay" .* not NaN/],
    [{ retry: { maxDelay: Infinity } }, /"retry.maxDelay" .* not Infinity/],
    [{ retry: { factor: 0.5 } }, /"retry.factor" must be a number from 1, not 0.5/],
    [{ retry: { factor: Infinity } }, /"retry.factor" .* not Infinity/],
    [{ retry: { retryable: /a/ } }, /"retry.retryable" must be a function, not an object/],
    [{ retry: { where: 'queue' } }, /"retry.where" must be "broker" or "in-place", not a text/],
    [{ idempotencyKey: 'id' }, /"idempotencyKey" must be a function, not a text/],
    [{ middleware: async () => {} }, /"middleware" must be a list of functions, not a function/],
    [{ middleware: [{}] }, /"middleware" must be a list of functions, not a list/],
  ])('%o', (options, problem) => {
    const thrown = refusal('HANDLER_OPTIONS', new RegExp(`^Handler ".*": ${problem.source}`));
    expect(() => addAnything('A', options, placed)).toThrow(thrown);
    expect(() => addAnything(options, placed)).toThrow(thrown);
  });

  test('a text in the wrong place may be a secret, so it is not repeated', () => {
    const attempt = () => addAnything('A', { timeout: 'hunter2', retry: 'hunter2' }, placed);
    expect(attempt).toThrow(/^(?!.*hunter2).*"timeout" must be/);
  });
});

describe('a registry', () => {
  test('takes in what another one holds, and keeps the order', () => {
    const orders = createRegistry().add('A', placed);
    const all = createRegistry().add(cancelled).addAll(orders);
    expect(all.registrations.map(({ name }) => name)).toEqual(['cancelled', 'placed']);
  });

  test('is known as one among handlers, and what only looks like one is not', () => {
    const orders = createRegistry().add('OrderPlaced', placed);
    expect(registryOf([orders]).registrations).toEqual(orders.registrations);
    const alike = { add() {}, addAll() {}, addInstance() {}, registrations: orders.registrations };
    expect(() => registryOf([alike])).toThrow(refusal('HANDLER_NONE', /no method decorated/));
  });

  test('tells the types and patterns of handlers, of one source when it is told', () => {
    const orders = createRegistry()
      .add(['OrderPlaced', 'Order*'], placed)
      .add('OrderPlaced', { name: 'again', source: 'legacy' }, cancelled);
    const rest = createRegistry().add({ source: 'legacy' }, cancelled);
    expect(patternsOf([orders])).toEqual(['OrderPlaced', 'Order*']);
    expect(patternsOf([orders, rest], 'legacy')).toEqual(['OrderPlaced', 'Order*', '*']);
    expect(patternsOf([rest], 'shop')).toEqual([]);
  });
});

describe('an instance without handlers', () => {
  test.each([
    [
      'an object of a class',
      new (class Orders {})(),
      /The Orders given as a handler has no method decorated with @handler/,
    ],
    ['an object', { placed }, /The Object given/],
    ['an object without a prototype', Object.create(null) as object, /The anonymous class given/],
    [
      'the class itself',
      class Orders {},
      /The class or function "Orders" given.*instances, such as new Orders\(\)/,
    ],
    ['a function', placed, /The class or function "placed" given.*registered with consumer\.on\(\)/],
  ])('%s', (_what, instance, message) => {
    expect(() => createRegistry().addInstance(instance)).toThrow(refusal('HANDLER_NONE', message));
  });
});
