import { inspect } from 'node:util';
import { salesforceEmulator } from '@millrace/testing/salesforce';
import type { SalesforceEmulator } from '@millrace/testing/salesforce';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accessToken as supplied } from '../../src/auth/access-token.ts';
import { clientCredentials } from '../../src/auth/client-credentials.ts';
import type { PublishManyError } from '../../src/rest/publish-results.ts';
import { isPublishManyError } from '../../src/rest/publish-results.ts';
import type { OutgoingEvent } from '../../src/rest/outgoing-event.ts';
import type { SalesforcePublisher, SalesforcePublisherOptions } from '../../src/rest/publisher.ts';
import { salesforcePublisher } from '../../src/rest/publisher.ts';
import type { HttpScript } from '../auth/support/http-script.ts';
import { httpScript } from '../auth/support/http-script.ts';
import { failureOf, orgId } from '../auth/support/logins.ts';

const text = { type: 'string', required: true } as const;
let org: SalesforceEmulator;
/** What goes over the wire to the org. */
let requests: { readonly path: string; readonly body: string }[];
const publishers: SalesforcePublisher[] = [];

beforeEach(async () => {
  requests = [];
  org = await salesforceEmulator({
    channels: {
      '/event/Order__e': { fields: { Number__c: text } },
      '/event/Refund__e': {},
      '/u/notices': {},
      "/u/it's": {},
    },
  });
});
afterEach(async () => {
  await Promise.all(publishers.splice(0).map((publisher) => publisher.close()));
  await org.close();
});

function publisherFor(options: Partial<SalesforcePublisherOptions> = {}): SalesforcePublisher {
  const { clientId, clientSecret } = org.credentials;
  const publisher = salesforcePublisher({
    auth: clientCredentials({ clientId, clientSecret, loginUrl: org.url }),
    fetch(input, init) {
      const url = new URL(input instanceof Request ? input.url : input);
      if (url.pathname !== '/services/oauth2/token') {
        requests.push({ path: url.pathname, body: typeof init?.body === 'string' ? init.body : '' });
      }
      return fetch(input, init);
    },
    ...options,
  });
  publishers.push(publisher);
  return publisher;
}

const published = (channel: string) => {
  const events = org.log.after(channel, -2n);
  if (events === 'invalid') throw new Error('There is no such channel.');
  return events;
};
const order = (number: unknown): OutgoingEvent => ({ type: 'Order__e', data: { Number__c: number } });
const orders = (count: number) => Array.from({ length: count }, (_, index) => order(`A-${index}`));

async function manyFailure(work: Promise<unknown>): Promise<PublishManyError> {
  const error: unknown = await failureOf(work);
  if (!isPublishManyError(error)) throw new Error('It is another failure.', { cause: error });
  return error;
}

test('publishes an event, and answers the id that subscribers get with it', async () => {
  const { eventUuid } = await publisherFor().publish(order('A-1'));
  expect(published('/event/Order__e')).toMatchObject([{ uuid: eventUuid, fields: { Number__c: 'A-1' } }]);
  expect(requests.map(({ path }) => path)).toEqual(['/services/data/v66.0/sobjects/Order__e']);
});

test('publishes many in calls of 200, in order', async () => {
  const results = await publisherFor().publishMany(orders(450));
  const events = published('/event/Order__e');
  expect(results.map(({ eventUuid }) => eventUuid)).toEqual(events.map(({ uuid }) => uuid));
  expect(numbers()).toEqual(orders(450).map(({ data }) => data['Number__c']));
  expect(requests.map(({ path }) => path)).toEqual(
    new Array(3).fill('/services/data/v66.0/composite/sobjects'),
  );
});

test('a call has ten changes of type at most', async () => {
  const mixed = Array.from({ length: 12 }, (_, index) =>
    index % 2 === 0 ? order(`A-${index}`) : { type: 'Refund__e', data: { Number__c: index } },
  );
  expect(await publisherFor().publishMany(mixed)).toHaveLength(12);
  expect(requests.map(recordsOf)).toEqual([10, 2]);
});

test('large events go in several calls', async () => {
  const large = Array.from({ length: 7 }, () => ({
    type: 'Refund__e',
    data: { Text__c: 'x'.repeat(999_000) },
  }));
  await publisherFor().publishMany(large);
  expect(requests.map(recordsOf)).toEqual([5, 2]);
});

test('none make no call', async () => {
  expect(await publisherFor().publishMany([])).toEqual([]);
  expect(await publisherFor().push('/u/notices', [])).toEqual([]);
  expect(org.counters.requests).toBe(0);
});

test('asks for the newest version once, when told so', async () => {
  const publisher = publisherFor({ apiVersion: 'latest' });
  await publisher.publish(order('A-1'));
  await publisher.publish(order('A-2'));
  const [first, ...others] = requests.map(({ path }) => path);
  expect(first).toBe('/services/data/');
  expect(new Set(others).size).toBe(1);
  expect(Number(/v(\d+)\.0/.exec(others[0] ?? '')?.[1])).toBeGreaterThan(66);
});

test.each(['66', 'v66.0', '66.0/../x', 'newest'])('refuses the version %s', (apiVersion) => {
  expect(() => publisherFor({ apiVersion })).toThrow(/Salesforce's API such as "66\.0"/);
});

describe('what fails', () => {
  test('one event: why', async () => {
    const error = await failureOf(publisherFor().publish({ type: 'Order__e', data: {} }));
    expect(error).toMatchObject({
      code: 'SALESFORCE_PUBLISH_FAILED',
      cause: { code: 'SALESFORCE_REQUEST_FAILED' },
    });
    expect(error.message).toMatch(/Order__e was not published: .*REQUIRED_FIELD_MISSING, .*Number__c/);
  });

  test('an event that the org does not have', async () => {
    const error = await failureOf(publisherFor().publish({ type: 'Missing__e', data: {} }));
    expect(error.message).toMatch(/NOT_FOUND.*Check the name of the object/);
  });

  test('some of many: each has its result, and the others are published', async () => {
    const events = [
      order('A-1'),
      { type: 'Order__e', data: {} },
      { type: '/event/Order__e', data: {} },
      order('A-2'),
    ];
    const error = await manyFailure(publisherFor().publishMany(events));
    expect(error.message).toMatch(/^2 of 4 events were not published; `results` tells which\. The first: /);
    expect(error.results).toMatchObject([
      { ok: true, eventUuid: published('/event/Order__e')[0]?.uuid },
      { ok: false, error: { code: 'SALESFORCE_PUBLISH_FAILED' } },
      { ok: false, error: { code: 'SALESFORCE_EVENT_INVALID' } },
      { ok: true, eventUuid: published('/event/Order__e')[1]?.uuid },
    ]);
    expect(numbers()).toEqual(['A-1', 'A-2']);
  });

  test('a call: those after it are not made, so that none overtakes', async () => {
    const publisher = publisherFor();
    await publisher.publish(order('A-0'));
    org.faults.next('rest', { kind: 'status', status: 503 });
    const error = await manyFailure(publisher.publishMany(orders(201)));
    expect(error.results.filter(({ ok }) => ok)).toEqual([]);
    expect(error.results[0]).toMatchObject({ error: { cause: { code: 'SALESFORCE_BUSY' } } });
    expect(error.results[200]).toMatchObject({
      error: { message: expect.stringContaining('a call with events before it failed') as unknown },
    });
    expect(requests).toHaveLength(2);
    expect(numbers()).toEqual(['A-0']);
  });

  test.each(['truncate', 'reset'] as const)(
    'an answer that does not arrive (%s): it may have been published',
    async (kind) => {
      const publisher = publisherFor();
      org.faults.next('rest', { kind });
      const error = await failureOf(publisher.publish(order('A-1')));
      expect(error).toMatchObject({ code: 'SALESFORCE_PUBLISH_FAILED' });
      expect(error.message).toContain('it may have taken effect or not');
      expect(requests).toHaveLength(1);
    },
  );

  test('a black hole, until the caller aborts', async () => {
    const controller = new AbortController();
    const asked = Promise.withResolvers<void>();
    const publisher = publisherFor({
      fetch(input, init) {
        if (typeof input === 'string' && input.includes('/sobjects/')) asked.resolve();
        return fetch(input, init);
      },
    });
    org.faults.next('rest', { kind: 'black-hole' });
    const failing = failureOf(publisher.publish(order('A-1'), { signal: controller.signal }));
    await asked.promise;
    controller.abort(new Error('stop'));
    expect(await failing).toMatchObject({
      code: 'SALESFORCE_PUBLISH_FAILED',
      message: expect.stringContaining('aborted') as unknown,
      cause: { message: 'stop' },
    });
  });

  test('a revoked token is renewed, and nothing is published twice', async () => {
    const publisher = publisherFor({ clock: hurriedClock() });
    await publisher.publish(order('A-1'));
    org.revokeTokens();
    await publisher.publish(order('A-2'));
    expect(numbers()).toEqual(['A-1', 'A-2']);
    expect(org.counters.logins).toBe(2);
  });

  test('an org that moves is found again', async () => {
    const publisher = publisherFor({ clock: hurriedClock() });
    await publisher.publish(order('A-1'));
    await org.moveInstance();
    await publisher.publish(order('A-2'));
    expect(numbers()).toEqual(['A-1', 'A-2']);
  });

  test('a login that is denied, once and for all', async () => {
    const { clientId } = org.credentials;
    const publisher = publisherFor({
      auth: clientCredentials({ clientId, clientSecret: 'wrong', loginUrl: org.url }),
    });
    for (const _ of [1, 2]) {
      const error = await failureOf(publisher.publish(order('A-1')));
      expect(error).toMatchObject({ cause: { code: 'SALESFORCE_AUTH_DENIED' } });
      expect(error.message).toContain('Check `clientSecret`');
    }
    expect(org.counters.loginsRefused).toBe(1);
  });

  test.each<[string, unknown, RegExp]>([
    ['a channel instead of a type', { type: '/event/Order__e', data: {} }, /without \/event\//],
    ['a path', { type: '../Account', data: {} }, /API name/],
    ['no type', { data: {} }, /API name/],
    ['no fields', { type: 'Order__e', data: 'text' }, /not an object of fields/],
    ['a list', { type: 'Order__e', data: [] }, /not an object of fields/],
    ['attributes', { type: 'Order__e', data: { attributes: { type: 'Account' } } }, /"attributes"/],
    ['a bigint', { type: 'Order__e', data: { Number__c: 1n } }, /as JSON/],
    [
      'fields that write themselves as none',
      { type: 'Order__e', data: { toJSON: () => undefined } },
      /as JSON/,
    ],
  ])('%s is refused before it is sent', async (_what, event, message) => {
    const error = await failureOf(publisherFor().publish(event as OutgoingEvent));
    expect(error).toMatchObject({ code: 'SALESFORCE_EVENT_INVALID' });
    expect(error.message).toMatch(message);
    expect(org.counters.requests).toBe(0);
  });
});

describe('answers that the emulator does not give', () => {
  let server: HttpScript;
  beforeEach(async () => {
    server = await httpScript(() => ({}));
  });
  afterEach(() => server.close());
  const scripted = () =>
    publisherFor({
      auth: supplied(() => ({ accessToken, instanceUrl: server.url, orgId })),
    });
  const accessToken = '00Dx0000000BV7z!AR8AQsecretPART.of_the_token';
  const answer = (body: unknown) => server.answer(() => ({ body }));

  test('standard-volume events of old have no UUID', async () => {
    answer({ id: 'e00xx000000000B', success: true, errors: [] });
    expect(await scripted().publish(order('A-1'))).toEqual({ eventUuid: undefined });
  });

  test.each([
    ['LIMIT_EXCEEDED', 'SALESFORCE_LIMIT_EXCEEDED'],
    ['INSUFFICIENT_ACCESS_OR_READONLY', 'SALESFORCE_ACCESS_DENIED'],
    ['STRING_TOO_LONG', 'SALESFORCE_REQUEST_FAILED'],
  ])('%s of one event is its cause', async (statusCode, code) => {
    answer([{ success: false, errors: [{ statusCode, message: 'in words', fields: [] }] }]);
    const error = await manyFailure(scripted().publishMany([order('A-1')]));
    expect(error.results).toMatchObject([{ error: { cause: { code } } }]);
  });

  test.each<[string, unknown]>([
    ['too few results', [{ success: true, errors: [] }]],
    ['too many', [1, 2, 3].map(() => ({ success: true, errors: [] }))],
    ['no results', { hello: 'world' }],
    ['something else among them', [{ success: true, errors: [] }, null]],
  ])('%s: nobody knows what was published', async (_what, body) => {
    answer(body);
    const error = await manyFailure(scripted().publishMany(orders(2)));
    expect(error.results).toMatchObject(
      [1, 2].map(() => ({ ok: false, error: { cause: { code: 'SALESFORCE_RESPONSE_INVALID' } } })),
    );
    expect(error.message).toContain('may have been published or not');
  });

  test('a failure shows neither the token nor the fields', async () => {
    const message = `bad value: top secret (${accessToken})`;
    const many = [{ success: false, errors: [{ statusCode: 'STRING_TOO_LONG', message }] }];
    for (const [status, body] of [
      [200, many],
      [400, [{ errorCode: 'STRING_TOO_LONG', message }]],
      [500, '<html>'],
    ] as const) {
      // The id of the channel is found.
      const found = { body: { records: [{ Id: '0M6000000000001AAA' }] } };
      server.answer(({ method }) => (method === 'GET' ? found : { status, body }));
      const publisher = scripted();
      for (const work of [
        () => publisher.publishMany([order('top secret')]),
        () => publisher.publish(order('top secret')),
        () => publisher.push('/u/notices', ['top secret']),
      ]) {
        expect(inspect(await failureOf(work()), { depth: Infinity })).not.toMatch(/top secret|secretPART/);
      }
    }
  });
});

describe('generic events', () => {
  test('go to all subscribers of a channel, whose id is asked for once', async () => {
    const publisher = publisherFor();
    expect(await publisher.push('/u/notices', ['one', 'zwö'])).toEqual([
      { fanoutCount: -1 },
      { fanoutCount: -1 },
    ]);
    await publisher.push('/u/notices', ['three']);
    expect(published('/u/notices')).toMatchObject(
      ['one', 'zwö', 'three'].map((payload) => ({ text: payload })),
    );
    expect(requests.filter(({ path }) => path.endsWith('/query'))).toHaveLength(1);
  });

  test('a name with a quote', async () => {
    await publisherFor().push("/u/it's", ['one']);
    expect(published("/u/it's")).toHaveLength(1);
  });

  test('a channel that the org does not have', async () => {
    expect(await failureOf(publisherFor().push('/u/missing', ['one']))).toMatchObject({
      code: 'SALESFORCE_CHANNEL_MISSING',
    });
  });

  test('a channel that was made anew is looked for again, once', async () => {
    let id = /0M\w+/;
    const queries: unknown[] = [];
    const publisher = publisherFor({
      fetch(input, init) {
        if (typeof input !== 'string') throw new TypeError('The publisher asks for texts.');
        if (input.includes('/query')) queries.push(input);
        const url = queries.length === 1 ? input.replace(id, '0M6000000000oldAAA') : input;
        return fetch(url, init);
      },
    });
    id = /(?!)/;
    await publisher.push('/u/notices', ['one']);
    id = /0M\w+/;
    await publisher.push('/u/notices', ['two']);
    expect(queries).toHaveLength(2);
    expect(published('/u/notices')).toHaveLength(2);
  });

  test('an answer that says nothing', async () => {
    const publisher = publisherFor();
    await publisher.push('/u/notices', ['one']);
    org.faults.next('rest', { kind: 'empty-array' });
    expect(await failureOf(publisher.push('/u/notices', ['two']))).toMatchObject({
      code: 'SALESFORCE_RESPONSE_INVALID',
    });
  });

  test.each<[string, string, unknown[]]>([
    ['another kind of channel', '/event/Order__e', ['one']],
    ['no name', '/u/', ['one']],
    ['too long', '/u/notices', ['x'.repeat(3_001)]],
    ['too long in bytes', '/u/notices', ['ü'.repeat(1_501)]],
    ['no text', '/u/notices', [{}]],
  ])('%s is refused before it is sent', async (_what, channel, payloads) => {
    expect(await failureOf(publisherFor().push(channel, payloads as string[]))).toMatchObject({
      code: 'SALESFORCE_EVENT_INVALID',
    });
    expect(org.counters.requests).toBe(0);
  });
});

describe('closing', () => {
  test('waits for what is under way', async () => {
    const answering = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const publisher = publisherFor({
      async fetch(input, init) {
        asked.resolve();
        await answering.promise;
        return fetch(input, init);
      },
    });
    const publishing = publisher.publish(order('A-1'));
    await asked.promise;
    let closed = false;
    const closing = publisher.close().then(() => (closed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    answering.resolve();
    expect((await publishing).eventUuid).toBeDefined();
    await closing;
  });

  test('takes nothing after it, and works twice', async () => {
    const publisher = publisherFor();
    await publisher.close();
    await publisher[Symbol.asyncDispose]();
    for (const work of [
      () => publisher.publish(order('A-1')),
      () => publisher.publishMany([]),
      () => publisher.push('/u/notices', []),
    ]) {
      expect(await failureOf(work())).toMatchObject({ code: 'SALESFORCE_PUBLISHER_CLOSED' });
    }
  });
});

const numbers = () =>
  published('/event/Order__e').map((event) =>
    event.kind === 'platform' ? event.fields['Number__c'] : undefined,
  );

const recordsOf = ({ body }: { readonly body: string }) =>
  (JSON.parse(body) as { records: unknown[] }).records.length;

/** Time jumps ahead with each look at it, so that logins are not held back. */
function hurriedClock() {
  let elapsed = 0;
  return { now: Date.now, monotonic: () => (elapsed += 10_000), setTimeout: () => () => {} };
}
