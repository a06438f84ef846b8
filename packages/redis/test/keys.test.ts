import { expect, test } from 'vitest';
import { exact, inexact, keysUnder } from '../src/keys.ts';

const texts = [
  '',
  'a',
  'A',
  'a\0',
  '\ud83d',
  '\ude00',
  '\ufffd',
  'json:"\\ud83d"',
  'json:',
  'json:"a"',
  '😀',
  '{a}',
];

test('texts that differ are kept apart, and come back', () => {
  expect(new Set(texts.map((text) => Buffer.from(exact(text)).toString('hex'))).size).toBe(texts.length);
  expect(texts.map((text) => inexact(exact(text)))).toEqual(texts);
});

test('no key of one kind is one of another', () => {
  const { claim, lock, owner, marker, letters, letterOrder } = keysUnder('millrace');
  const keys = [...[claim, lock, owner, marker].map((toKey) => toKey('dead:letters')), letters, letterOrder];
  expect(new Set(keys).size).toBe(keys.length);
});
