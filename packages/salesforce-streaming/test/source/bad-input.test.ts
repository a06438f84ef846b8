import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { accessToken } from '../../src/auth/access-token.ts';
import { clientCredentials } from '../../src/auth/client-credentials.ts';
import { bench, orders } from './support/running.ts';

/** A server that is no Salesforce. */
async function webServer(body: string, type: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a wrong instance', async () => {
  const { org, consume } = await bench();
  const instanceUrl = await webServer('<html>Welcome</html>', 'text/html');
  const auth = accessToken(() => ({ accessToken: `${org.orgId}!a`, instanceUrl, orgId: org.orgId }));
  await expect(consume({ source: { auth } }).start()).rejects.toMatchObject({
    code: 'SALESFORCE_RESPONSE_INVALID',
    message: expect.stringContaining('web page'),
  });
});

test('an instance where nobody listens', async () => {
  const { org, consume } = await bench();
  const auth = accessToken(() => ({
    accessToken: `${org.orgId}!a`,
    instanceUrl: 'http://127.0.0.1:1',
    orgId: org.orgId,
  }));
  await expect(consume({ source: { auth } }).start()).rejects.toMatchObject({
    code: 'SALESFORCE_UNREACHABLE',
  });
});

test('wrong credentials', async () => {
  const { org, consume } = await bench();
  const auth = clientCredentials({ ...org.credentials, clientSecret: 'wrong-secret', loginUrl: org.url });
  const error = await consume({ source: { auth } })
    .start()
    .catch((error: unknown) => error);
  expect(error).toMatchObject({ code: 'SALESFORCE_AUTH_DENIED' });
  expect(String(error)).not.toContain('wrong-secret');
  expect(org.counters.loginsRefused).toBe(1);
});

test('a token that the server does not take', async () => {
  const { org, consume } = await bench();
  const auth = accessToken(() => ({
    accessToken: `${org.orgId}!secret`,
    instanceUrl: org.instanceUrl,
    orgId: org.orgId,
  }));
  const error = await consume({ source: { auth } })
    .start()
    .catch((error: unknown) => error);
  expect(error).toMatchObject({ code: expect.stringMatching(/^SALESFORCE_(AUTH|SESSION)/) });
  expect(String(error)).not.toContain('secret');
});

test('an API version that the org does not have', async () => {
  const { consume } = await bench();
  const error = await consume({ source: { apiVersion: '99.0' } })
    .start()
    .catch((error: unknown) => error);
  expect(error).toMatchObject({ code: expect.stringContaining('SALESFORCE_') });
});

test('the newest API version that the org has', async () => {
  const { org, until, consume } = await bench();
  const urls: string[] = [];
  const consuming = consume({
    source: {
      apiVersion: 'latest',
      fetch: (input, init) => {
        urls.push(String(input instanceof Request ? input.url : input));
        return fetch(input, init);
      },
    },
  });
  await consuming.start();
  org.publish(orders, { n__c: 1 });
  await until(() => consuming.handled.length === 1);
  expect(urls.at(-1)).toMatch(/\/cometd\/\d\d\.0$/);
});

test('a reply of many megabytes', async () => {
  const { org, until, consume } = await bench({ chunkBytes: 65_536 });
  const consuming = consume({ source: { start: 'earliest' } });
  const text = 'Grüße 😀 '.repeat(8_000);
  for (let n = 1; n <= 100; n += 1) org.publish(orders, { n__c: n, Text__c: text });
  await consuming.start();
  await until(() => consuming.handled.length === 100);
  expect(consuming.handled.at(-1)).toBe(100);
  expect(consuming.messages.every(({ data }) => (data as { Text__c: string }).Text__c === text)).toBe(true);
});

test.each([
  ['no data', '"data":null'],
  ['no replay id', '"data":{"payload":{"n__c":1}}'],
  ['data of another kind', '"data":"1"'],
])('an event with %s does not hold up the others, and is kept', async (_name, data) => {
  const { org, until, consume, store } = await bench();
  const consuming = consume({
    source: {
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        const text = await response.text();
        const { status, headers } = response;
        // In place of the data of the first event, as it stands in the reply.
        const spoiled = text.replace(
          /"data":\{"schema":"[^"]*","payload":\{[^}]*"n__c":1[^}]*\},"event":\{[^}]*\}\}/,
          data,
        );
        const copy = new Response(spoiled, { status, headers });
        Object.defineProperty(copy.headers, 'getSetCookie', { value: () => headers.getSetCookie() });
        return copy;
      },
    },
  });
  await consuming.start();
  org.publish(orders, { n__c: 1 });
  org.publish(orders, { n__c: 2 });
  await until(() => consuming.handled.length === 1);
  expect(consuming.handled).toEqual([2]);
  const { letters } = await store.deadLetters.list({ consumer: 'billing' }, { limit: 10 });
  expect(letters).toMatchObject([{ message: { channel: orders } }]);
});

test('a login that leads to another org than before', async () => {
  const { org, until, consume } = await bench();
  const other = await bench({ seed: 2 });
  let current = org;
  const logIn = clientCredentials({ ...org.credentials, loginUrl: org.url });
  const logInElsewhere = clientCredentials({ ...other.org.credentials, loginUrl: other.org.url });
  const consuming = consume({
    source: {
      auth: { name: 'either', login: (context) => (current === org ? logIn : logInElsewhere).login(context) },
    },
  });
  await consuming.start();
  current = other.org;
  org.revokeTokens();
  await until(() => consuming.health().status === 'failed', { step: 200 });
  expect(consuming.health().reason?.message).toContain('another org');
});
