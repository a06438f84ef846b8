import { describe, expect, test } from 'vitest';
import type { HttpPubsubOptions } from '../../src/index.ts';
import { createListener, httpPubsub } from '../../src/index.ts';

const base = {
  publicUrl: 'http://orders.example:3002',
  listen: { port: 0 },
  broadcasters: [{ url: 'http://localhost:3003' }],
  exact: ['a'],
} as const;

describe('options', () => {
  test.each([
    [{ publicUrl: undefined }],
    [{ publicUrl: 'orders.example' }],
    [{ publicUrl: 'ws://orders.example' }],
    // The other side may well write it without.
    [{ publicUrl: 'http://orders.example:80' }],
    [{ publicUrl: 'https://orders.example:443/x' }],
    [{ publicUrl: 'http://Orders.example' }],
    [{ publicUrl: 'http://orders.example/a/../b' }],
    [{ publicUrl: 'http://orders.example?a' }],
    [{ publicUrl: 'http://user:password@orders.example' }],
    [{ path: 'events' }],
    [{ path: '/events?a' }],
    [{ listen: undefined }],
    [{ listener: createListener() }],
    [{ broadcasters: [] }],
    [{ exact: [] }],
    [{ exact: 'a' }],
    [{ exact: [7] }],
    [{ exact: ['x'.repeat(65_536)] }],
    [{ globs: [7] }],
    [{ globDialect: 'regex' }],
    [{ decode: 'xml' }],
    [{ eventType: 'a' }],
    [{ auth: {} }],
    [{ handlerTimeout: 0 }],
    [{ onHandlerTimeout: 'wait' }],
    [{ maxWaiting: 0 }],
    [{ maxBody: 1.5 }],
    [{ spool: { threshold: -1 } }],
    [{ reconcileInterval: 2 ** 31 }],
  ])('%j make no sense', (wrong) => {
    const options = { ...base, ...wrong } as unknown as HttpPubsubOptions;
    expect(() => httpPubsub(options)).toThrow(expect.objectContaining({ code: 'PUBSUB_OPTIONS' }));
  });

  test.each([
    'http://orders.example:3002',
    'https://orders.example/events/',
    'http://[::1]:3002',
    'http://orders.example#7',
    'http://orders.example/events/#7',
  ])('take the public URL %s', (publicUrl) => {
    expect(() => httpPubsub({ ...base, publicUrl })).not.toThrow();
  });

  test('name the source after what it hears', () => {
    const name = (options: Partial<HttpPubsubOptions>) =>
      httpPubsub({ ...base, ...options } as HttpPubsubOptions).name;
    expect(name({})).toBe('a');
    expect(name({ exact: ['a', Uint8Array.of(255)], globs: ['c/*'] })).toBe('a, 0xff, c/*');
    expect(name({ exact: ['a', 'b', 'c', 'd', 'e'] })).toBe('a, b, c and 2 more');
    expect(name({ name: 'orders' })).toBe('orders');
  });

  test('say what the broadcaster can do', () => {
    expect(httpPubsub(base).capabilities).toMatchObject({ redelivery: 'none', settle: 'ack+nack' });
    expect(httpPubsub({ ...base, redelivers: true }).capabilities).toMatchObject({ redelivery: 'delayed' });
  });
});
