import { describe, expect, test } from 'vitest';

import { createRegistry } from '../src/registry.ts';
import type { Registry } from '../src/registry.ts';
import type { PlanDefaults } from '../src/source-plan.ts';
import { planSource } from '../src/source-plan.ts';
import type { Capabilities, SourceSettings } from '../src/source.ts';
import { logCapabilities, queueCapabilities } from './support/capabilities.ts';
import { idleSource } from './support/idle-source.ts';
import { refusal } from './support/refusal.ts';

const defaults: PlanDefaults = {
  middleware: [],
  retry: {},
  timeout: 60_000,
  random: () => 1,
  countsAttempts: true,
};

interface Planned {
  readonly name?: string;
  readonly capabilities?: Capabilities;
  readonly settings?: SourceSettings;
  readonly defaults?: Partial<PlanDefaults>;
}

function plan(registry: Registry, { defaults: given, ...source }: Planned = {}) {
  return planSource(idleSource(source), registry.registrations, { ...defaults, ...given });
}

/** A registry of handlers that are named after what they take. */
function takers(...types: readonly string[]): Registry {
  const registry = createRegistry();
  for (const type of types) {
    if (type === 'default') registry.add(() => {});
    else registry.add(type, { name: type }, () => {});
  }
  return registry;
}

const names = (handlers: readonly { readonly registration: { readonly name: string } }[]) =>
  handlers.map(({ registration }) => registration.name);

describe('who handles what', () => {
  const { route } = plan(takers('Order', 'Order*', '*.shop', 'Refund', 'default'));

  test.each([
    ['Order', ['Order', 'Order*']],
    ['OrderPlaced', ['Order*']],
    ['OrderPlaced.shop', ['Order*', '*.shop']],
    ['Refund', ['Refund']],
    ['refund', ['default']],
    ['Else', ['default']],
    ['', ['default']],
    // What a source sends is a type, whatever it looks like.
    ['R*', ['default']],
  ])('%j is for %j', (type, expected) => {
    expect(names(route(type))).toEqual(expected);
    expect(names(route(type)), 'asked again').toEqual(expected);
  });

  test('a list takes each of its types', () => {
    const { route: routeList } = plan(createRegistry().add(['A', 'B*'], { name: 'both' }, () => {}));
    expect(['A', 'B', 'Bc', 'C'].map((type) => names(routeList(type)))).toEqual([
      ['both'],
      ['both'],
      ['both'],
      [],
    ]);
  });

  test('several default handlers all run', () => {
    const registry = createRegistry()
      .add({ name: 'one' }, () => {})
      .add({ name: 'other' }, () => {});
    expect(names(plan(registry).route('Any'))).toEqual(['one', 'other']);
  });

  test('names are no patterns of regular expressions', () => {
    const { route: routeDots } = plan(takers('a.c*', 'x.z'));
    expect([routeDots('abc'), routeDots('xyz')]).toEqual([[], []]);
  });

  test('ever new types don’t make it forget what is handled', () => {
    const { route: routeMany } = plan(takers('Order*'));
    for (let index = 0; index < 10_001; index += 1) routeMany(`Noise${index}`);
    expect(names(routeMany('Order1'))).toEqual(['Order*']);
    expect(routeMany('Noise1')).toEqual([]);
  });
});

describe('handlers for some sources only', () => {
  const registry = createRegistry()
    .add('Order', { name: 'everywhere' }, () => {})
    .add('Order', { name: 'shop only', source: 'shop' }, () => {})
    .add('Refund', { name: 'both', source: ['shop', 'legacy'] }, () => {})
    .add({ name: 'rest of legacy', source: 'legacy' }, () => {});

  test.each([
    ['shop', 'Order', ['everywhere', 'shop only']],
    ['shop', 'Refund', ['both']],
    ['shop', 'Else', []],
    ['legacy', 'Order', ['everywhere']],
    ['legacy', 'Refund', ['both']],
    ['legacy', 'Else', ['rest of legacy']],
    ['third', 'Refund', []],
  ])('%s, %s: %j', (source, type, expected) => {
    expect(names(plan(registry, { name: source }).route(type))).toEqual(expected);
  });

  test('are not told to other sources', () => {
    const { patterns, takesAll, handlers } = plan(registry, { name: 'third' });
    expect({ patterns, takesAll, handlers: names(handlers) }).toEqual({
      patterns: ['Order'],
      takesAll: false,
      handlers: ['everywhere'],
    });
    expect(plan(registry, { name: 'shop' }).patterns).toEqual(['Order', 'Refund']);
    expect(plan(registry, { name: 'legacy' })).toMatchObject({
      patterns: ['Order', 'Refund'],
      takesAll: true,
    });
  });
});

describe('the settings of a handler', () => {
  const settingsOf = (registry: Registry, planned?: Planned) => plan(registry, planned).handlers[0];
  const handler = (retry?: object) => createRegistry().add('A', { ...(retry && { retry }) }, () => {});

  test('retry: its own, else the source’s, else the consumer’s, else the default, one by one', () => {
    const planned = {
      settings: { retry: { attempts: 3, delay: 30 } },
      defaults: { retry: { attempts: 2, delay: 20, maxDelay: 25 } },
    };
    const retry = settingsOf(handler({ attempts: 4 }), planned)?.retry;
    expect([retry?.attempts, retry?.delayAfter(1)]).toEqual([4, 25]);
    expect(settingsOf(handler(), planned)?.retry.attempts).toBe(3);
    expect(settingsOf(handler(), { defaults: planned.defaults })?.retry.attempts).toBe(2);
    expect(settingsOf(handler())?.retry.attempts).toBe(5);
  });

  test('timeout: its own, else the consumer’s; false is none', () => {
    const timeoutOf = (timeout: number | false | undefined, consumers: number | false) =>
      settingsOf(
        createRegistry().add('A', timeout === undefined ? {} : { timeout }, () => {}),
        {
          defaults: { timeout: consumers },
        },
      )?.timeout;
    expect([
      timeoutOf(5, 10),
      timeoutOf(undefined, 10),
      timeoutOf(false, 10),
      timeoutOf(undefined, false),
      timeoutOf(5, false),
    ]).toEqual([5, 10, undefined, undefined, 5]);
  });

  test('middleware: the consumer’s around its own', async () => {
    const steps: string[] = [];
    const layer =
      (name: string) => async (_message: unknown, _context: unknown, next: () => Promise<void>) => {
        steps.push(name);
        await next();
      };
    const registry = createRegistry().add(
      'A',
      { middleware: [layer('own')] },
      () => void steps.push('handler'),
    );
    const planned = settingsOf(registry, { defaults: { middleware: [layer('consumer’s')] } });
    await planned?.handle({} as never, {} as never);
    expect(steps).toEqual(['consumer’s', 'own', 'handler']);
  });
});

describe('a schedule that outlasts what the broker allows', () => {
  const capabilities = (maximum: number): Capabilities => ({
    ...queueCapabilities,
    lease: { milliseconds: 1_000, maximum },
  });
  const registry = (where: 'broker' | 'in-place', timeout: number | false = 1_000) =>
    createRegistry().add('A', { name: 'a', timeout, retry: { attempts: 3, delay: 100, where } }, () => {});

  test('in place: all attempts and all delays count', () => {
    const held = 3 * 1_000 + 100 + 200;
    expect(plan(registry('in-place'), { capabilities: capabilities(held) }).handlers).toHaveLength(1);
    expect(() => plan(registry('in-place'), { capabilities: capabilities(held - 1) })).toThrow(
      refusal(
        'RETRY_EXCEEDS_LEASE',
        /^Handler "a" on source "orders": It may hold a message for 3300 ms, and the broker leaves it to a consumer for 3299 ms at most\. Lower/,
      ),
    );
  });

  test('by the broker: one attempt counts', () => {
    expect(plan(registry('broker'), { capabilities: capabilities(1_000) }).handlers).toHaveLength(1);
    expect(() => plan(registry('broker'), { capabilities: capabilities(999) })).toThrow(
      refusal('RETRY_EXCEEDS_LEASE', /for 1000 ms, and .* for 999 ms/),
    );
  });

  test('without a bound nothing is known, and only the delays count', () => {
    expect(plan(registry('broker', false), { capabilities: capabilities(1) }).handlers).toHaveLength(1);
    expect(() => plan(registry('in-place', false), { capabilities: capabilities(299) })).toThrow(
      refusal('RETRY_EXCEEDS_LEASE', /for 300 ms/),
    );
  });

  test('a broker without leases leaves a message for as long as it takes', () => {
    expect(plan(registry('in-place'), { capabilities: logCapabilities }).handlers).toHaveLength(1);
  });
});

test('what a broker can’t do is refused with the names of handler and source', () => {
  const registry = createRegistry().add('A', { name: 'a', retry: { where: 'broker' } }, () => {});
  expect(() => plan(registry, { name: 'journal', capabilities: logCapabilities })).toThrow(
    refusal('CAPABILITY_MISSING', /^Handler "a" on source "journal": Retry "where: broker"/),
  );
});
