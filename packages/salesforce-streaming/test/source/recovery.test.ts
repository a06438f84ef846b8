import type { FaultFor, FaultTarget } from '@millrace/testing/salesforce';
import { describe, expect, test } from 'vitest';
import { bench, orders, refunds } from './support/running.ts';

type MetaFault = FaultFor<'connect'>;
type Target = Extract<FaultTarget, 'handshake' | 'connect' | 'subscribe'>;

const faults: readonly MetaFault[] = [
  { kind: 'unknown-client' },
  { kind: 'authentication' },
  { kind: 'busy' },
  { kind: 'concurrent-users' },
  { kind: 'daily-limit' },
  { kind: 'kick' },
  { kind: 'kick', successful: true },
  { kind: 'without-id' },
  { kind: 'duplicate-events' },
  { kind: 'refuse', error: '402::session_unknown', advice: { reconnect: 'handshake' } },
  { kind: 'refuse', error: '403::Unknown client', advice: { reconnect: 'none' } },
  { kind: 'refuse', error: '400::Client x has established a session, but no BAYEUX_BROWSER cookie present' },
  { kind: 'status', status: 401 },
  { kind: 'status', status: 403 },
  { kind: 'status', status: 408, body: 'none' },
  { kind: 'status', status: 429, retryAfter: 90 },
  { kind: 'status', status: 500, body: 'html' },
  { kind: 'status', status: 502, body: 'none' },
  { kind: 'status', status: 503 },
  { kind: 'html' },
  { kind: 'empty-array' },
  { kind: 'black-hole' },
  { kind: 'redirect' },
  { kind: 'truncate' },
  { kind: 'reset' },
  { kind: 'drip' },
];

function nameOf(fault: MetaFault): string {
  return Object.values(fault)
    .map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))
    .join(' ');
}

describe.each<Target>(['connect', 'handshake', 'subscribe'])('a fault of a %s', (target) => {
  test.each(faults.map((fault) => [nameOf(fault), fault] as const))(
    '%s: nothing is lost, repeated or out of order',
    async (_name, fault) => {
      const { org, until, consume } = await bench();
      const consuming = consume({
        source: { channels: [orders, refunds] },
        // Salesforce itself repeats events now and then; we don't.
        showRepeats: fault.kind !== 'duplicate-events',
      });
      await consuming.start();
      org.publish(orders, { n__c: 1 });
      await until(() => consuming.handled.length === 1 && org.counters.polls === 1);

      org.faults.next(target, fault);
      // Other requests than polls have to be brought about.
      if (target !== 'connect') org.expireRoutes();
      org.publish(orders, { n__c: 2 });
      await until(() => org.faults.pending === 0, { step: 1_000 });
      org.publish(orders, { n__c: 3 });
      org.publish(refunds, { n__c: 4 });
      await until(() => consuming.handled.length >= 4, { step: 1_000 });

      expect(consuming.handled.filter((n) => n !== 4)).toEqual([1, 2, 3]);
      await until(() => consuming.state() === 'polling' && consuming.health().status === 'ready', {
        step: 1_000,
      });
      // Without its cookies a session can't be ended either: the server drops it by itself.
      const withoutCookies = fault.kind === 'refuse' && fault.error.startsWith('400');
      expect(org.counters.mostSessions).toBe(withoutCookies ? 2 : 1);
      expect(org.counters.logins).toBeLessThanOrEqual(2);
      expect(org.counters.handshakes).toBeLessThanOrEqual(4);
    },
  );
});

test('what waits for room when the session is lost does not come again', async () => {
  const { org, until, consume } = await bench();
  const held = Promise.withResolvers<void>();
  const consuming = consume({
    source: { concurrency: 1, prefetch: 1 },
    handle: () => held.promise,
    showRepeats: true,
  });
  await consuming.start();
  org.faults.next('connect', { kind: 'status', status: 502 });
  for (let n = 1; n <= 20; n += 1) org.publish(orders, { n__c: n });
  await until(() => org.counters.handshakes === 2 && consuming.state() !== 'handshaking', { step: 500 });
  held.resolve();
  org.publish(orders, { n__c: 21 });
  await until(() => consuming.handled.length >= 21, { step: 200 });
  expect(consuming.handled).toEqual(Array.from({ length: 21 }, (_, n) => n + 1));
});

test('a session that is given up is ended at the server before the next', async () => {
  const { org, until, consume } = await bench();
  const consuming = consume();
  await consuming.start();
  org.faults.next('connect', { kind: 'status', status: 502 });
  org.publish(orders, { n__c: 1 });
  await until(() => org.counters.handshakes === 2, { step: 200 });
  expect(org.counters.disconnects).toBe(1);
});

test('events in the reply to a farewell do not hide those of a reply that was lost before', async () => {
  const { org, until, consume } = await bench({ eventsInSubscribeReply: true });
  const consuming = consume();
  await consuming.start();
  org.publish(orders, { n__c: 1 });
  await until(() => consuming.handled.length === 1 && org.counters.polls === 1);
  org.faults.next('connect', { kind: 'truncate' });
  org.publish(orders, { n__c: 2 });
  await until(() => org.faults.pending === 0 && consuming.handled.length === 2 && org.counters.polls === 1);
  org.publish(orders, { n__c: 3 });
  await until(() => consuming.state() === 'backing-off', { step: 5 });
  org.publish(orders, { n__c: 4 });
  await until(() => consuming.handled.includes(4), { step: 200 });
  expect(consuming.handled).toEqual([1, 2, 3, 4]);
});

test('a token is renewed once for all who need it, and not for a routine 403', async () => {
  const { org, until, consume } = await bench();
  const consuming = consume({ source: { channels: [orders, refunds] } });
  await consuming.start();
  for (let n = 1; n <= 5; n += 1) {
    org.expireRoutes();
    org.publish(orders, { n__c: n });
    await until(() => consuming.handled.length === n && consuming.state() === 'polling', { step: 500 });
  }
  expect(org.counters.logins).toBe(1);
  org.revokeTokens();
  org.publish(orders, { n__c: 6 });
  await until(() => consuming.handled.length === 6 && org.counters.logins > 1, { step: 500 });
  await until(() => consuming.state() === 'polling', { step: 500 });
  expect(org.counters.logins).toBe(2);
});

test('a handshake after which the connect is refused again and again is not made in a tight loop', async () => {
  const { org, until, consume, clock } = await bench();
  const consuming = consume();
  await consuming.start();
  await until(() => org.counters.polls === 1);
  const since = clock.now();
  org.faults.next('connect', { kind: 'unknown-client' }, { times: 8 });
  org.publish(orders, { n__c: 1 });
  await until(() => org.faults.pending === 0, { step: 200 });
  await until(() => consuming.state() === 'polling', { step: 200 });
  expect(clock.now() - since).toBeGreaterThan(20_000);
  expect(org.counters.handshakes).toBe(9);
});

test('what is routine is no trouble, unless it comes again', async () => {
  const { org, until, consume } = await bench();
  const consuming = consume();
  await consuming.start();
  await until(() => org.counters.polls === 1);
  const warnings = () => consuming.log.lines.filter(({ level }) => level === 'warn');
  org.kick();
  org.publish(orders, { n__c: 1 });
  await until(() => consuming.handled.length === 1 && consuming.state() === 'polling', { step: 100 });
  expect(warnings()).toEqual([]);
  expect(consuming.log.lines.map(({ message }) => message)).toContain(
    'The session with Salesforce is over; a new one begins.',
  );
  org.kick();
  await until(() => consuming.health().status === 'degraded', { step: 100 });
  await until(() => consuming.health().status === 'ready', { step: 100 });
  expect(warnings()).not.toEqual([]);
});

test('the source is degraded while there is no connection, and says why', async () => {
  const { org, until, consume } = await bench();
  const consuming = consume();
  await consuming.start();
  org.faults.next('connect', { kind: 'status', status: 500 });
  org.faults.next('handshake', { kind: 'busy' }, { times: 3 });
  org.publish(orders, { n__c: 1 });
  await until(() => consuming.health().reason?.code === 'SALESFORCE_BUSY', { step: 200 });
  expect(consuming.health().status).toBe('degraded');
  expect(consuming.state()).toBe('backing-off');
  await until(() => consuming.health().status === 'ready', { step: 1_000 });
});

test('a source whose login is denied for good fails, with one more login', async () => {
  const { org, until, consume } = await bench();
  const consuming = consume();
  await consuming.start();
  org.faults.next(
    'token',
    { kind: 'oauth', error: 'invalid_grant', description: "user hasn't approved this consumer" },
    { times: 9 },
  );
  org.revokeTokens();
  await until(() => consuming.health().status === 'failed', { step: 500 });
  expect(consuming.health().reason?.message).toContain('has failed');
  expect(org.counters.loginsRefused).toBe(1);
});

test('a login that fails for now is tried again', async () => {
  const { org, until, consume } = await bench();
  const consuming = consume();
  await consuming.start();
  org.faults.next('token', { kind: 'status', status: 503 }, { times: 3 });
  org.revokeTokens();
  org.publish(orders, { n__c: 1 });
  await until(() => consuming.handled.length === 1 && org.counters.logins > 1, { step: 1_000 });
  await until(() => consuming.state() === 'polling', { step: 1_000 });
  expect(org.counters.logins).toBe(2);
});

test('without a connection for too long the source fails', async () => {
  const { org, until, consume } = await bench();
  const consuming = consume({ source: { connectionTimeout: 90_000 } });
  await consuming.start();
  org.faults.next('handshake', { kind: 'status', status: 502 }, { times: Infinity });
  org.kick();
  await until(() => consuming.health().status === 'failed', { step: 1_000 });
  expect(consuming.log.lines.map(({ message }) => message).join()).toContain('for 90000 ms');
});

test('a healthy connection is not taken for lost while a poll hangs', async () => {
  const { org, until, consume, clock } = await bench();
  const consuming = consume({ source: { connectionTimeout: 10_000 } });
  await consuming.start();
  await until(() => org.counters.polls === 1);
  await clock.advance(100_000);
  expect(consuming.health().status).toBe('ready');
});

test('follows the org to another instance', async () => {
  const { org, until, consume } = await bench();
  const consuming = consume();
  await consuming.start();
  const before = org.instanceUrl;
  await org.moveInstance();
  expect(org.instanceUrl).not.toBe(before);
  org.publish(orders, { n__c: 1 });
  await until(() => consuming.handled.length === 1 && consuming.state() === 'polling', { step: 500 });
});

test('a server that answers every poll at once and with nothing is not asked in a tight loop', async () => {
  const { org, until, consume, clock } = await bench();
  const consuming = consume();
  await consuming.start();
  org.faults.next('connect', { kind: 'status', status: 408, body: 'none' }, { times: Infinity });
  org.publish(orders, { n__c: 1 });
  const since = { now: clock.now(), requests: org.counters.requests };
  await until(() => clock.now() - since.now > 30_000, { step: 200 });
  expect(org.counters.requests - since.requests).toBeLessThan(40);
  org.faults.clear();
  org.publish(orders, { n__c: 2 });
  await until(() => consuming.handled.length === 2, { step: 200 });
});
