import { expect, test } from 'vitest';
import { createSecret, hmacAuth, memoryReplayGuard, tokenAuth } from '../../src/index.ts';
import { clockAt, none, url } from './vectors/facts.ts';

const { secret } = createSecret('hmac');
const other = createSecret('hmac').secret;
const check = { kind: 'check', url } as const;
const at = (seconds: number, secrets = [secret]) => hmacAuth({ secrets, clock: clockAt(seconds) });
const now = 1_800_000_000;

test.each([
  [-121, 'refused'],
  [-120, 'accepted'],
  [120, 'accepted'],
  [121, 'refused'],
])('a clock that differs by %i s is %s', async (seconds, verdict) => {
  const authorization = await at(now).sign(check, none);
  expect(await at(now + seconds).verify(check, none, authorization)).toBe(verdict);
});

test('a copy is refused, and what was never genuine is not remembered', async () => {
  const scheme = at(now);
  const authorization = await scheme.sign(check, none);
  const elsewhere = { ...check, url: `${url}?` };
  expect(await scheme.verify(elsewhere, none, authorization)).toBe('refused');
  expect(await scheme.verify(check, Buffer.from('traced'), authorization)).toBe('refused');
  expect(await scheme.verify(check, none, authorization)).toBe('accepted');
  expect(await scheme.verify(check, none, authorization)).toBe('refused');
});

test('without padding it is accepted, and its copy with padding is refused', async () => {
  const scheme = at(now);
  const authorization = (await scheme.sign(check, none)) ?? '';
  expect(await scheme.verify(check, none, authorization.replace(/=+$/, ''))).toBe('accepted');
  expect(await scheme.verify(check, none, authorization)).toBe('refused');
});

test.each([
  '',
  'Bearer x',
  'X-HMAC',
  'X-HMAC 1:2:3',
  `X-HMAC ${now}:a:b:c`,
  `x-hmac ${now}::${'A'.repeat(86)}`,
  'x'.repeat(99_999),
])('garbage is refused: %.40j', async (garbage) => {
  expect(await at(now).verify(check, none, garbage)).toBe('refused');
});

test('no authorization is missing', async () => {
  expect(await at(now).verify(check, none, undefined)).toBe('missing');
  expect(await tokenAuth({ secrets: ['a'] }).verify(check, none, undefined)).toBe('missing');
});

test('secrets are changed without a break: the first signs, all are accepted', async () => {
  expect(await at(now, [secret, other]).verify(check, none, await at(now, [other]).sign(check, none))).toBe(
    'accepted',
  );
  expect(await at(now, [secret]).verify(check, none, await at(now, [other]).sign(check, none))).toBe(
    'refused',
  );
  const tokens = tokenAuth({ secrets: ['new', 'old'] });
  expect(await tokens.sign(check, none)).toBe('Bearer new');
  expect(await tokens.verify(check, none, 'Bearer old')).toBe('accepted');
  expect(await tokens.verify(check, none, 'Bearer older')).toBe('refused');
});

test('when it is not known what was used before, nothing is accepted', async () => {
  const guard = { remember: () => Promise.reject(new Error('The store is down.')) };
  const scheme = hmacAuth({ secrets: [secret], clock: clockAt(now), guard });
  expect(await scheme.verify(check, none, await scheme.sign(check, none))).toBe('unavailable');
});

test.each(['', 'short', `${secret}A`, '!'.repeat(86)])(
  'a secret that is none is refused, and not shown',
  (bad) => {
    expect(() => hmacAuth({ secrets: [bad] })).toThrow(expect.objectContaining({ code: 'PUBSUB_SECRETS' }));
  },
);

test('the guard forgets when the time is over', async () => {
  let monotonic = 0;
  const guard = memoryReplayGuard({ ...clockAt(now), monotonic: () => monotonic });
  expect(await guard.remember('a', 100)).toBe(true);
  monotonic = 99;
  expect(await guard.remember('a', 100)).toBe(false);
  monotonic = 200;
  expect(await guard.remember('a', 100)).toBe(true);
});

test('a part beyond the 255th, which can not be signed, is refused', async () => {
  const scheme = at(now);
  const part = (number: number) =>
    ({ kind: 'continue-receive', identifier: Buffer.of(1), part: number, url: 'websocket:n:-1' }) as const;
  const authorization = await scheme.sign(part(0), none);
  expect(await scheme.verify(part(256), none, authorization)).toBe('refused');
  await expect(scheme.sign(part(256), none)).rejects.toMatchObject({ code: 'PUBSUB_OPTIONS' });
});
