import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sqsErrorCodes } from '../src/index.ts';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const rows = readme.split('\n').filter((line) => line.startsWith('| '));

test.each(sqsErrorCodes)('the README says what %s means', (code) => {
  expect(rows.filter((row) => row.includes(`\`${code}\``))).not.toEqual([]);
});

test('the README knows no code that is not there', () => {
  const named = new Set(readme.match(/\bSQS_[A-Z_]+\b/g));
  // Settings of iniesta have names like these.
  const foreign = rows
    .filter((row) => /^\| (.*`)?(SQS|SNS)_\w+`/.test(row) || row.includes('SNS_PRODUCER'))
    .join('');
  const unknown = [...named].filter((name) => !(sqsErrorCodes as readonly string[]).includes(name));
  expect(unknown.filter((name) => !foreign.includes(name))).toEqual([]);
});
