import { adapterConformance } from '../../packages/testing/src/index.ts';
import type { AdapterSubject } from '../../packages/testing/src/index.ts';
import type { ConformanceResult } from './run.ts';

/** docs/conformance.md: a row for each property, a column for each adapter, and why something was not tried. */
export function conformancePage(
  subjects: readonly AdapterSubject[],
  results: readonly ConformanceResult[],
): string {
  const [first] = subjects;
  const properties =
    first === undefined
      ? []
      : adapterConformance(first).map(({ id, name }) => ({ id, name: name.slice(id.length + 1) }));
  const of = (adapter: string) => results.filter((result) => result.adapter === adapter);
  const cell = (adapter: string, id: string) => {
    const found = of(adapter).find(({ property }) => property === id);
    if (found === undefined) return '';
    return found.result === 'pass' && found.reason !== undefined ? 'pass, in part' : found.result;
  };

  return [
    '# Conformance',
    '',
    '<!-- Made by `npx -y pnpm@12 conformance --write`. -->',
    '',
    'What has to hold for every adapter, and what was found when it was tried last. `skip`: it says nothing of this',
    'adapter, or could not be tried; why is told below. How to put an adapter of your own to it is told in',
    '[@millrace/testing](../packages/testing/README.md#is-my-adapter-right).',
    '',
    row(['', 'property', ...subjects.map(({ name }) => name)]),
    row(['---', '---', ...subjects.map(() => '---')]),
    ...properties.map(({ id, name }) =>
      row([id, name, ...subjects.map((subject) => cell(subject.name, id))]),
    ),
    '',
    '## Not tried',
    ...subjects.flatMap(({ name }) => [
      '',
      `### ${name}`,
      '',
      ...of(name).flatMap(({ property, reason }) =>
        reason === undefined ? [] : [`- ${property}: ${reason}`],
      ),
    ]),
    '',
  ].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
