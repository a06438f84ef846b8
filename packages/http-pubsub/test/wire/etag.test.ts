import { expect, test } from 'vitest';
import { etagOf } from '../../src/wire/etag.ts';
import { glob, recovery, topic, url } from './vectors/facts.ts';

const hex = (...set: Parameters<typeof etagOf>) => etagOf(...set).toString('hex');

test('the etag of a topic and a glob', () => {
  expect(hex(url, { exact: [{ topic, recovery }], globs: [{ glob, recovery }] })).toBe(
    '5fabb2fb42110ee1e3aaad6d15239b434aa322d79b7cb3e1ae7161059d1fa0699d9296e35930523e0b6cf9252eebc43a110afe54bf6daac11ee2bca4753fbde6',
  );
});

test('the etag of nothing', () => {
  expect(hex(url, { exact: [], globs: [] })).toBe(
    'd0b76f2d339993edef37e17e43dc693e5fbef471e9fd019da05cbde56f4f2ae8d1d42fdd734e456e6cb6a3838b4e08f415a47cb14563308f2051b6e8429ab0ae',
  );
});

test('the etag of a topic without recovery', () => {
  expect(hex(url, { exact: [{ topic, recovery: undefined }], globs: [] })).toBe(
    '4a40445666c7a84dede6a2ccf8fff86e2f0d7829c9fccb48ea2d7ca2a993bed911c4fe8d59d947385bde7161bf28b2343f3685e075e733c9b3efcebcba33057b',
  );
});

test('the order is that of bytes, not of UTF-16', () => {
  // U+FF5E comes after U+1F600 in UTF-16, and before it in UTF-8.
  const [low, high] = [Buffer.from('\u{ff5e}'), Buffer.from('\u{1f600}')];
  const exact = [high, low].map((it) => ({ topic: it, recovery: undefined }));
  const globs = [
    { glob: '\u{1f600}', recovery },
    { glob: '\u{ff5e}', recovery },
  ];
  const reversed = { exact: exact.toReversed(), globs: globs.toReversed() };
  expect(hex(url, { exact, globs })).toBe(hex(url, reversed));
});
