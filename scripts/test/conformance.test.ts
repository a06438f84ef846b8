import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { adapterConformance } from '../../packages/testing/src/index.ts';
import { openAdapters } from '../conformance/adapters.ts';
import { runConformance } from '../conformance/run.ts';
import { repository } from '../repository.ts';

const { subjects, close } = await openAdapters();
afterAll(close);

function adapter(name: string) {
  const found = subjects.find((subject) => subject.name === name);
  if (found === undefined) throw new Error(`There is no adapter "${name}".`);
  return found;
}

describe('docs/conformance.md', () => {
  const page = readFileSync(join(repository, 'docs/conformance.md'), 'utf8');
  const table = page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const [head = [], , ...rows] = table;
  const stale = 'run: npx -y pnpm@12 conformance --write';

  test('has a column for each adapter', () => {
    expect(head.slice(2), stale).toEqual(subjects.map(({ name }) => name));
  });

  test('has a row for each property', () => {
    const tests = adapterConformance(adapter('memory queue'));
    expect(tests.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, index) => `P${index + 1}`));
    expect(
      rows.map(([id, name]) => `${id} ${name}`),
      stale,
    ).toEqual(tests.map(({ name }) => name));
  });

  test('tells of nothing that failed, and of everything that was not tried why', () => {
    for (const [column, { name }] of subjects.entries()) {
      const [, notTried = ''] = page.split(`\n### ${name}\n`);
      const reasons = (notTried.split('\n#', 1)[0] ?? '').matchAll(/^- (P\d+): \S/gm);
      const results = rows.map((cells) => [cells[0], cells[column + 2]] as const);
      expect(results.filter(([, result]) => result !== 'pass').map(([id]) => id)).toEqual(
        [...reasons].map(([, id]) => id),
      );
      expect(results.filter(([, result]) => !/^(pass|pass, in part|skip)$/.test(result ?? ''))).toEqual([]);
    }
  });
});

test('an adapter that does not deliver fails, with its history, and the properties that need no delivery do not', async () => {
  const sound = adapter('memory queue');
  const { results, failures } = await runConformance([
    { ...sound, setup: async () => ({ ...(await sound.setup()), publish: async () => {} }) },
  ]);
  expect(results.map(({ property }) => property)).toEqual(
    Array.from({ length: 30 }, (_, index) => `P${index + 1}`),
  );
  expect(results.find(({ property }) => property === 'P25')).toEqual({
    adapter: 'memory queue',
    property: 'P25',
    result: 'fail',
    reason: 'P25 does not hold: trace and correlation headers arrive as they were sent.',
  });
  expect(results.find(({ property }) => property === 'P15')).toMatchObject({
    result: 'skip',
    reason: 'it promises no order',
  });
  const failed = failures.find((failure) => failure.includes('P25'));
  expect(failed).toContain('memory queue: P25 does not hold');
  expect(failed).toContain('lost: traced');
  expect(failed).toMatch(/history:\n.* published traced/);
  expect(failures).toHaveLength(results.filter(({ result }) => result === 'fail').length);
});
