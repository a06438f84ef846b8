import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { salesforceErrorCodes } from '../src/index.ts';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const rows = readme.split('\n').filter((line) => line.startsWith('| '));

test.each(salesforceErrorCodes)('the README says what %s means', (code) => {
  expect(rows.filter((row) => row.startsWith(`| \`${code}\` |`))).toHaveLength(1);
});

test('the README knows no code that is not there', () => {
  const named = new Set(readme.match(/\bSALESFORCE_[A-Z_]+\b/g));
  expect([...named].filter((name) => !(salesforceErrorCodes as readonly string[]).includes(name))).toEqual(
    [],
  );
});
