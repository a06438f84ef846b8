import { describe, expect, onTestFinished, test } from 'vitest';
import { guardedConnector } from '../../src/outgoing/guarded-connector.ts';
import { outgoing } from '../../src/outgoing/outgoing.ts';
import type { TargetGuardOptions } from '../../src/outgoing/target-guard.ts';
import { targetGuard } from '../../src/outgoing/target-guard.ts';
import { serve } from './servers.ts';

const forbidden = expect.objectContaining({ code: 'PUBSUB_FORBIDDEN' });
const post = { headers: {}, body: Buffer.from('stolen?') };

function guarded(options: TargetGuardOptions = {}) {
  const made = outgoing({ guard: targetGuard(options) });
  onTestFinished(() => made.close());
  return made;
}

describe('a server on the loopback is not reached', () => {
  // What the URL parser makes of the odd ones is the address itself; that holds only as long as somebody looks.
  test.each([
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '0177.0.0.01',
    '127.0.0.1.',
    '１２７.０.０.１',
    '①②⑦.0.0.1',
    '0.0.0.0',
    '0',
    'localhost',
    'LOCALHOST',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[2002:7f00:1::]',
  ])('by http://%s', async (host) => {
    const { port, seen } = await serve();
    await expect(guarded().post(`http://${host}:${port}/`, post)).rejects.toThrow(forbidden);
    expect(seen).toEqual([]);
  });

  test('by a name that resolves to it', async () => {
    const { port, seen, connections } = await serve();
    const resolve = async () => ['127.0.0.1'];
    await expect(guarded({ resolve }).post(`http://public.example:${port}/`, post)).rejects.toThrow(
      forbidden,
    );
    expect(seen).toEqual([]);
    expect(connections()).toBe(0);
  });

  test('by a name that resolves to it and to public addresses', async () => {
    const { port, connections } = await serve();
    for (const addresses of [
      ['8.8.8.8', '127.0.0.1'],
      ['127.0.0.1', '8.8.8.8'],
    ]) {
      const resolve = async () => addresses;
      await expect(guarded({ resolve }).post(`http://public.example:${port}/`, post)).rejects.toThrow(
        forbidden,
      );
    }
    expect(connections()).toBe(0);
  });

  test('by a redirect', async () => {
    const inner = await serve(undefined, '127.0.0.2');
    const outer = await serve((_, response) => response.writeHead(307, { location: inner.url }).end());
    expect(await guarded({ networks: ['127.0.0.1/32'] }).post(outer.url, post)).toMatchObject({
      status: 307,
    });
    expect(inner.connections()).toBe(0);
  });
});

test('a name that changes its mind is asked once a connection, and what was checked is what is connected to', async () => {
  const first = await serve(undefined, '127.0.0.1');
  const second = await serve(undefined, '127.0.0.2', first.port);
  const answers = [['127.0.0.1'], ['127.0.0.2']];
  let asked = 0;
  const resolve = async () => answers[asked++] ?? [];
  const sender = guarded({ networks: ['127.0.0.1/32'], resolve });
  const url = `http://rebinding.example:${first.port}/`;

  expect(await sender.post(url, post)).toMatchObject({ status: 200 });
  expect(asked).toBe(1);
  expect(first.seen).toMatchObject([{ headers: { host: `rebinding.example:${first.port}` } }]);

  // A new connection is a new question, and a new check.
  first.server.closeAllConnections();
  await expect
    .poll(() =>
      sender.post(url, post).then(
        () => 'sent',
        (error: { code: string }) => error.code,
      ),
    )
    .toBe('PUBSUB_FORBIDDEN');
  expect(asked).toBe(2);
  expect(second.connections()).toBe(0);
});

test('the connector refuses an address that comes to no lookup', async () => {
  const { port, connections } = await serve();
  const connect = guardedConnector(targetGuard(), {});
  for (const hostname of ['127.0.0.1', '[::1]', '::1']) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    connect({ hostname, host: hostname, protocol: 'http:', port: String(port) }, (...args) =>
      resolve(args[0]),
    );
    expect(await promise).toEqual(forbidden);
  }
  expect(connections()).toBe(0);
});

test('a name whose lookup fails, or finds nothing, is unreachable', async () => {
  for (const resolve of [async () => [], async () => Promise.reject(new Error('SERVFAIL'))]) {
    await expect(guarded({ resolve }).post('http://nowhere.example/', post)).rejects.toMatchObject({
      code: 'PUBSUB_UNREACHABLE',
    });
  }
});

test('a lookup that hangs ends with the time for connecting', async () => {
  const guard = targetGuard({ resolve: () => new Promise(() => {}) });
  const sender = outgoing({ guard, limits: { connect: 300 } });
  await expect(sender.post('http://hanging.example/', post)).rejects.toMatchObject({
    code: 'PUBSUB_UNREACHABLE',
  });
});

describe('addresses', () => {
  const { checkAddress } = targetGuard();

  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '169.254.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.0.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '100.100.100.200',
    '::',
    '::1',
    '::8.8.8.8',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:0:1::',
    '2001:db8::1',
    '2002:a00:1::1',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '',
    'name.example',
    '8.8.8',
    '8.8.8.8/32',
  ])('%s is closed', (address) => {
    expect(() => checkAddress(address)).toThrow(forbidden);
  });

  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.167.0.1',
    '223.255.255.255',
    '2001:4860:4860::8888',
    '2606:4700::1111',
    '2a00:1450::1',
    '2001:200::1',
  ])('%s is open', (address) => {
    expect(() => checkAddress(address)).not.toThrow();
  });

  test('that a network opens are open, with all others as before', () => {
    const guard = targetGuard({ networks: ['10.1.0.0/16', 'fd00::/8', '169.254.0.0/16'] });
    for (const address of ['10.1.2.3', 'fd12::1', '::ffff:10.1.2.3', '169.254.1.1', '8.8.8.8']) {
      expect(() => guard.checkAddress(address)).not.toThrow();
    }
    for (const address of ['10.2.0.1', '127.0.0.1', 'fc00::1']) {
      expect(() => guard.checkAddress(address)).toThrow(forbidden);
    }
  });

  test('with credentials of a cloud are opened by nothing but themselves', () => {
    const wide = targetGuard({ networks: ['0.0.0.0/0', '::/0'] });
    expect(() => wide.checkAddress('127.0.0.1')).not.toThrow();
    for (const address of ['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', '168.63.129.16']) {
      expect(() => wide.checkAddress(address)).toThrow(forbidden);
    }
    const meant = targetGuard({ networks: ['169.254.169.254/32', 'fd00:ec2::254/128'] });
    for (const address of ['169.254.169.254', 'fd00:ec2::254']) {
      expect(() => meant.checkAddress(address)).not.toThrow();
    }
  });
});

describe('URLs', () => {
  const check =
    (url: string, options: TargetGuardOptions = {}) =>
    () =>
      targetGuard(options).checkUrl(new URL(url));

  test.each(['ftp://example.com/', 'file:///etc/passwd', 'gopher://example.com/', 'ws://example.com/'])(
    'of another scheme are closed: %s',
    (url) => {
      expect(check(url)).toThrow(forbidden);
    },
  );

  test('of a scheme that is not allowed are closed', () => {
    expect(check('http://example.com/', { schemes: ['https'] })).toThrow(forbidden);
    expect(check('https://example.com/', { schemes: ['https'] })).not.toThrow();
  });

  test.each([22, 25, 81, 1023])('with port %s of another service are closed', (port) => {
    expect(check(`http://example.com:${port}/`)).toThrow(forbidden);
  });

  test('with a port that is allowed are open', () => {
    for (const port of [80, 443, 1024, 3002, 65535])
      expect(check(`http://example.com:${port}/`)).not.toThrow();
    expect(check('http://example.com/', { ports: [443] })).toThrow(forbidden);
    expect(check('https://example.com/', { ports: [443] })).not.toThrow();
    expect(check('https://example.com:8443/', { ports: [[8000, 8999]] })).not.toThrow();
    expect(check('https://example.com:9000/', { ports: [[8000, 8999]] })).toThrow(forbidden);
  });

  test('with credentials are closed', () => {
    expect(check('http://user:secret@example.com/')).toThrow(forbidden);
    expect(check('http://user@example.com/')).toThrow(forbidden);
  });

  test('of a host that is not listed are closed', () => {
    const hosts = ['hooks.example', '*.apps.example', '10.0.0.1', 'Bücher.example', '::1'];
    const networks = ['10.0.0.0/8', '::1/128'];
    for (const url of [
      'http://hooks.example/',
      'https://HOOKS.example./',
      'http://a.apps.example/',
      'http://b.a.apps.example/',
      'http://10.0.0.1/',
      'http://xn--bcher-kva.example/',
      'http://[::1]/',
    ]) {
      expect(check(url, { hosts, networks }), url).not.toThrow();
    }
    for (const url of [
      'http://apps.example/',
      'http://xapps.example/',
      'http://hooks.example.evil.example/',
      'http://10.0.0.2/',
      'http://evil.example/?hooks.example',
      'http://evil.example#hooks.example',
      'http://a.hooks.example/',
    ]) {
      expect(check(url, { hosts, networks }), url).toThrow(forbidden);
    }
  });

  test('of a listed host are closed all the same when it is not public', async () => {
    const { port, connections } = await serve();
    const sender = guarded({ hosts: ['hooks.example'], resolve: async () => ['127.0.0.1'] });
    await expect(sender.post(`http://hooks.example:${port}/`, post)).rejects.toThrow(forbidden);
    expect(connections()).toBe(0);
  });

  test('leave no trace of what is inside in the error', async () => {
    const error: unknown = await guarded({ resolve: async () => ['10.1.2.3'] })
      .post('http://secret-name.example/', post)
      .catch((reason: unknown) => reason);
    expect(String(error)).not.toMatch(/10\.1\.2\.3|secret-name/);
  });
});

test.each<TargetGuardOptions>([
  { networks: ['10.0.0.0'] },
  { networks: ['10.0.0.0/33'] },
  { networks: ['fd00::/129'] },
  { networks: ['all/8'] },
  { hosts: ['http://a.example'] },
  { hosts: ['a.example:80'] },
  { hosts: ['*'] },
  { hosts: ['a.*.example'] },
  { ports: [0] },
  { ports: [[80, 70_000]] },
])('PUBSUB_OPTIONS for %j', (options) => {
  expect(() => targetGuard(options)).toThrow(expect.objectContaining({ code: 'PUBSUB_OPTIONS' }));
});
