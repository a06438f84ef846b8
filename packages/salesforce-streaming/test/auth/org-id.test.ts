import { expect, test } from 'vitest';
import { orgIdOfAccessToken, orgIdOfIdentity, toOrgId } from '../../src/auth/org-id.ts';

// The first stands in Salesforce's own documentation.
test.each([
  ['00Dx0000000BV7z', '00Dx0000000BV7zEAG'],
  ['00D300000000001', '00D300000000001EAA'],
  ['00DABCDEFGHIJKL', '00DABCDEFGHIJKL255'],
])('%s has one spelling, so that markers kept by it are found again', (short, long) => {
  expect(toOrgId(short)).toBe(long);
  expect(toOrgId(long)).toBe(long);
});

test.each([
  '',
  '00D',
  '005x0000000BV7z',
  '00Dx0000000BV7zE',
  '00Dx0000000BV7zEAG1',
  '00Dx0000000BV7!',
  7,
  undefined,
])('%s is no id of an organisation', (text) => expect(toOrgId(text)).toBeUndefined());

test('in what identifies the user', () => {
  expect(orgIdOfIdentity('https://login.salesforce.com/id/00Dx0000000BV7zEAG/005x00000012Q9P')).toBe(
    '00Dx0000000BV7zEAG',
  );
  expect(orgIdOfIdentity('https://login.salesforce.com/id/elsewhere/005x00000012Q9P')).toBeUndefined();
  expect(orgIdOfIdentity('/id/00Dx0000000BV7zEAG/005x00000012Q9P')).toBeUndefined();
});

test('in an access token', () => {
  expect(orgIdOfAccessToken('00Dx0000000BV7z!AR8AQA.secret')).toBe('00Dx0000000BV7zEAG');
  expect(orgIdOfAccessToken('eyJhbGciOiJSUzI1NiJ9.e30.sig')).toBeUndefined();
  expect(orgIdOfAccessToken('00Dx0000000BV7z')).toBeUndefined();
});
