import { manualClock } from '@millrace/testing';
import { expect, test } from 'vitest';
import { createCookies } from '../../src/bayeux/cookies.ts';

const url = 'https://acme.my.salesforce.com/cometd/66.0';

function stored(...fields: string[]) {
  const cookies = createCookies(manualClock());
  cookies.store(fields, url);
  return cookies;
}

test.each([
  ['BAYEUX_BROWSER=1a2b; Path=/; Secure; HttpOnly', 'BAYEUX_BROWSER=1a2b'],
  ['t=xyz; Path=/cometd/', 't=xyz'],
  // CometD.NetCore issue 29: a client without the default path of RFC 6265 loses it.
  ['sfproxy-id="quoted=value"; Version=1', 'sfproxy-id="quoted=value"'],
  ['sfdc-stream=!abc+/==; expires=Thu, 01-Jan-2026 03:00:00 GMT; path=/', 'sfdc-stream=!abc+/=='],
  ['BrowserId=q; domain=.salesforce.com; path=/; Max-Age=31536000', 'BrowserId=q'],
  ['empty=; Path=/', 'empty='],
])('%s is given back', (field, expected) => {
  expect(stored(field).header(url)).toBe(expected);
});

test('what is for another path or host, or is no cookie, is not given back', () => {
  const cookies = stored('a=1; Path=/services', 'b=1; Domain=example.com', '', ';', 'c=1; Path=/cometd');
  expect(cookies.header(url)).toBe('c=1');
  expect(cookies.header('https://other.my.salesforce.com/cometd/66.0')).toBe('');
});

test('a new value replaces the old one', () => {
  const cookies = stored('a=1; Path=/', 'b=2; Path=/');
  cookies.store(['a=3; Path=/'], url);
  expect(cookies.header(url)).toBe('a=3; b=2');
});

test('cookies end by our clock, by Expires and by Max-Age, however often they are sent', async () => {
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const cookies = createCookies(clock);
  cookies.store(['expires=1; Expires=Thu, 01 Jan 2026 00:01:00 GMT', 'age=1; Max-Age=120', 'session=1'], url);
  expect(cookies.header(url)).toBe('expires=1; age=1; session=1');
  await clock.advance(60_000);
  expect(cookies.header(url)).toBe('age=1; session=1');
  await clock.advance(60_000);
  expect(cookies.header(url)).toBe('session=1');
  cookies.store(['session=; Max-Age=0'], url);
  expect(cookies.header(url)).toBe('');
});
