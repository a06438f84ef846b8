import { salesforceEmulator } from '@millrace/testing/salesforce';
import { afterAll, describe, expect, it } from 'vitest';
import { usernamePassword } from '../../src/auth/username-password.ts';
import type { RestOrg } from './support/rest-org.ts';
import { contextOf, failure, look, verificationOf } from './support/rest-org.ts';

const emulator = await salesforceEmulator();
afterAll(() => emulator.close());

const everything: RestOrg = {
  objects: ['Order__e', 'AccountChangeEvent', 'Thing__ChangeEvent', 'LoginEventStream'],
  selected: ['AccountChangeEvent', 'Thing__ChangeEvent'],
  customChannels: { Shop: 'event', Sync: 'data' },
  pushTopics: { Open: true },
  streamingChannels: ['/u/notices'],
  limits: {
    DurableStreamingApiConcurrentClients: { Max: 20, Remaining: 19 },
    DailyDeliveredPlatformEvents: { Max: 10_000, Remaining: 9_000 },
    DailyDurableStreamingApiEvents: { Max: 10_000, Remaining: 9_000 },
    DailyDurableGenericStreamingApiEvents: { Max: 10_000, Remaining: 9_000 },
  },
};
const channels = [
  '/event/Order__e',
  '/event/LoginEventStream',
  '/event/Shop__chn',
  '/data/ChangeEvents',
  '/data/AccountChangeEvent',
  '/data/Thing__ChangeEvent',
  '/data/Sync__chn',
  '/topic/Open?Status=New',
  '/u/notices',
  '/systemTopic/Logging',
];

describe('an org that has all that is needed', () => {
  it('passes all checks, one of each channel and limit', async () => {
    const { checks, problems } = await look(emulator, everything, { channels });
    expect(problems).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual([
      'org',
      'API version',
      ...channels.map((channel) => `channel ${channel.split('?')[0]}`),
      'limit DurableStreamingApiConcurrentClients',
      'limit DailyDeliveredPlatformEvents',
      'limit DailyDurableStreamingApiEvents',
      'limit DailyDurableGenericStreamingApiEvents',
    ]);
  });

  it('is logged in to once, and only read', async () => {
    const before = emulator.counters.logins;
    const { asked } = await look(emulator, everything, { channels });
    expect(emulator.counters.logins - before).toBe(1);
    expect(asked.filter((path) => path.includes('/services/data/')).length).toBeGreaterThan(channels.length);
  });

  it('is asked in its newest version where the source wants the latest', async () => {
    const { asked, problems } = await look(emulator, everything, { channels, apiVersion: 'latest' });
    expect(problems).toEqual([]);
    expect(asked).toContain('/services/data/v67.0/sobjects/Order__e/describe');
  });
});

describe('an org that can not be used', () => {
  it('refuses the login', async () => {
    const { clientId, clientSecret, username } = emulator.credentials;
    const auth = usernamePassword({
      loginUrl: emulator.url,
      clientId,
      clientSecret,
      username,
      password: 'no',
    });
    const { checks, problems } = await look(emulator, everything, { channels, auth });
    expect(checks).toHaveLength(1);
    expect(problems).toMatchObject([{ name: 'org', code: 'SALESFORCE_AUTH_DENIED', fatal: true }]);
  });

  it('refuses tokens: said once, not for each channel', async () => {
    const instead = { '/sobjects/': () => failure(401, 'INVALID_SESSION_ID') };
    const { problems } = await look(emulator, { ...everything, instead }, { channels });
    expect(problems).toMatchObject([{ code: 'SALESFORCE_SESSION_REFUSED', fatal: true }]);
  });

  it('does not let the user use the API', async () => {
    const instead = { '/sobjects/': () => failure(403, 'API_DISABLED_FOR_ORG') };
    const { problems } = await look(emulator, { ...everything, instead }, { channels });
    expect(problems).toMatchObject([{ code: 'SALESFORCE_ACCESS_DENIED', fatal: true }]);
  });

  it('is something else: HTML instead of JSON', async () => {
    const instead = { '/services/data/': () => new Response('<html>Sorry</html>') };
    const { checks } = await look(emulator, { ...everything, instead }, { channels });
    expect(checks).toMatchObject([{ name: 'org', ok: false, code: 'SALESFORCE_RESPONSE_INVALID' }]);
  });

  it('does not answer, which is a reason to start all the same: the source will go on trying', async () => {
    const { credentials, ...gone } = await salesforceEmulator();
    await gone.close();
    const { checks } = await look({ url: gone.url, credentials }, everything, { channels });
    expect(checks).toMatchObject([
      { name: 'org', ok: false, code: 'SALESFORCE_CHECK_IMPOSSIBLE', fatal: false },
    ]);
  });

  it('is too old for the version', async () => {
    const instead = { '/services/data/': () => Response.json([{ version: '65.0' }, { version: '60.0' }]) };
    const { checks } = await look(emulator, { ...everything, instead }, { channels });
    expect(checks).toMatchObject([
      { name: 'org', ok: true },
      {
        name: 'API version',
        ok: false,
        code: 'SALESFORCE_VERSION_UNSUPPORTED',
        problem: 'The org does not have API version 66.0.',
        remedy: "Its newest is 65.0: set `apiVersion` to that, or 'latest'.",
      },
    ]);
  });
});

describe('checks of channels', () => {
  const missing = { code: 'SALESFORCE_CHANNEL_MISSING' };
  const silent = { code: 'SALESFORCE_CHANNEL_SILENT', fatal: false };
  const impossible = { code: 'SALESFORCE_CHECK_IMPOSSIBLE', fatal: false };
  const denied = { '/query': () => failure(400, 'INVALID_TYPE', "sObject type 'X' is not supported.") };

  it.each<[string, string, RestOrg, object]>([
    ['a platform event that is not there', '/event/Nope__e', {}, { ...missing, fatal: true }],
    ["one of Salesforce's own that can't be looked up", '/event/Nope', {}, { ...missing, fatal: false }],
    ['a change event that is not there', '/data/NopeChangeEvent', {}, { ...missing, fatal: false }],
    ['an object that is not selected', '/data/AccountChangeEvent', { selected: ['LeadChangeEvent'] }, silent],
    ['no object selected at all', '/data/ChangeEvents', { selected: [] }, silent],
    ['a custom channel that is not there', '/event/Nope__chn', {}, { ...missing, fatal: true }],
    [
      'a custom channel of the other kind',
      '/data/Shop__chn',
      {},
      { ...missing, remedy: 'Subscribe to /event/Shop__chn.' },
    ],
    ['a PushTopic that is not there', '/topic/Nope', {}, { ...missing, fatal: true }],
    ['a PushTopic that is not active', '/topic/Open', { pushTopics: { Open: false } }, silent],
    ['a generic channel that is not there', '/u/nope', {}, impossible],
    [
      'custom channels that may not be looked at',
      '/event/Shop__chn',
      { instead: denied },
      {
        ...impossible,
        remedy: 'Give the user View Setup and Configuration to have it checked, or see that events arrive.',
      },
    ],
    ['PushTopics that may not be looked at', '/topic/Open', { instead: denied }, impossible],
    ['selections that may not be looked at', '/data/AccountChangeEvent', { instead: denied }, impossible],
    ['a query without rows', '/topic/Open', { instead: { '/query': () => Response.json({}) } }, impossible],
    [
      'a server that is busy',
      '/event/Order__e',
      { instead: { '/sobjects/': () => failure(503, 'SERVER_UNAVAILABLE') } },
      impossible,
    ],
    [
      'a question that the org does not understand',
      '/topic/Open',
      { instead: { '/query': () => failure(400, 'MALFORMED_QUERY') } },
      { ...impossible, problem: expect.stringContaining('MALFORMED_QUERY') as string },
    ],
  ])('find %s', async (_, channel, changes, expected) => {
    const { problems } = await look(emulator, { ...everything, ...changes }, { channels: [channel] });
    expect(problems).toMatchObject([{ name: `channel ${channel}`, ok: false, ...expected }]);
  });

  it('do not guess whether an object is selected where selections are ids', async () => {
    const org = { ...everything, selected: ['01I000000000001AAA'] };
    const { checks } = await look(emulator, org, { channels: ['/data/Thing__ChangeEvent'] });
    expect(checks).toContainEqual({
      name: 'channel /data/Thing__ChangeEvent',
      ok: true,
      remedy: 'Whether its object is selected could not be told.',
    });
  });

  it('look for the name of a custom channel of a package without its namespace', async () => {
    const { problems } = await look(emulator, everything, { channels: ['/event/acme__Shop__chn'] });
    expect(problems).toEqual([]);
  });

  it('go on after a channel that is missing', async () => {
    const { problems } = await look(emulator, everything, { channels: ['/event/A__e', '/event/B__e'] });
    expect(problems).toMatchObject([missing, missing]);
  });
});

describe('checks of limits', () => {
  const near = (label: string, Max: number, Remaining: number): RestOrg => ({
    ...everything,
    limits: { [label]: { Max, Remaining } },
  });

  it.each([
    ['DailyDeliveredPlatformEvents', '/event/Order__e'],
    ['DailyDeliveredPlatformEvents', '/data/AccountChangeEvent'],
    ['MonthlyPlatformEvents', '/event/Order__e'],
    ['MonthlyPlatformEventsUsageEntitlement', '/event/Order__e'],
    ['DailyStandardVolumePlatformEvents', '/event/Order__e'],
    ['DailyDurableStreamingApiEvents', '/topic/Open'],
    ['DailyDurableGenericStreamingApiEvents', '/u/notices'],
    ['DurableStreamingApiConcurrentClients', '/u/notices'],
  ])('warn of %s for %s', async (label, channel) => {
    const { problems } = await look(emulator, near(label, 1_000, 100), { channels: [channel] });
    expect(problems).toMatchObject([{ name: `limit ${label}`, code: 'SALESFORCE_LIMIT_NEAR', fatal: false }]);
    expect(problems[0]?.problem).toMatch(/^100 of 1000 /);
    const { problems: none } = await look(emulator, near(label, 1_000, 101), { channels: [channel] });
    expect(none).toEqual([]);
  });

  it.each([
    ['DailyDurableStreamingApiEvents', '/event/Order__e', 'bayeux'],
    ['DailyDeliveredPlatformEvents', '/topic/Open', 'bayeux'],
    ['DurableStreamingApiConcurrentClients', '/event/Order__e', 'pubsub'],
  ] as const)('leave out %s, which does not matter to %s by %s', async (label, channel, transport) => {
    const { problems } = await look(emulator, near(label, 1_000, 0), { channels: [channel], transport });
    expect(problems).toEqual([]);
  });

  it('take no notice of what the org has none of', async () => {
    const { problems } = await look(emulator, near('MonthlyPlatformEvents', 0, 0), { channels });
    expect(problems).toEqual([]);
  });

  it('say where the user may not see them', async () => {
    const instead = { '/limits': () => failure(403, 'INSUFFICIENT_ACCESS') };
    const { problems } = await look(emulator, { ...everything, instead }, { channels });
    expect(problems).toMatchObject([
      {
        name: 'limits',
        code: 'SALESFORCE_CHECK_IMPOSSIBLE',
        fatal: false,
        remedy: 'Give the user View Setup and Configuration to have it checked, or see that events arrive.',
      },
    ]);
  });
});

describe('a consumer that is stopped while it starts', () => {
  it('gets no more checks, and no error', async () => {
    const stop = new AbortController();
    const checks = [];
    const verification = verificationOf(emulator, everything, { channels });
    for await (const check of verification.verify(contextOf(stop.signal))) {
      checks.push(check.name);
      if (check.name === 'API version') stop.abort();
    }
    expect(checks).toEqual(['org', 'API version']);
  });
});

describe('event types', () => {
  const typesOf = (options: Parameters<typeof verificationOf>[2]) =>
    verificationOf(emulator, everything, options).eventTypes(contextOf(new AbortController().signal));

  it('are told of the channels, without asking the org', async () => {
    expect(await typesOf({ channels: [...channels, '/u/shop/eu'] })).toEqual([
      'Order__e',
      'LoginEventStream',
      '*',
      '*ChangeEvent.*',
      'AccountChangeEvent.*',
      'Thing__ChangeEvent.*',
      '*ChangeEvent.*',
      'Open.*',
      'notices',
      'Logging.*',
      'shop/eu',
    ]);
  });

  it('are not told where a function of the user names them', async () => {
    expect(await typesOf({ channels, decode: () => ({ type: 'Any' }) })).toBeUndefined();
  });
});
