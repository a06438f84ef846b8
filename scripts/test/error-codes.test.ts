import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repository } from '../repository.ts';
import type { Page } from '../snippets.ts';
import { readPages } from '../snippets.ts';

const lists = await Promise.all(
  globSync('packages/*/src/errors.ts', { cwd: repository }).map(async (file) => {
    const module = (await import(join(repository, file))) as Readonly<Record<string, unknown>>;
    const exported = Object.entries(module).filter(([name]) => name.endsWith('ErrorCodes'));
    return {
      folder: dirname(dirname(file)),
      codes: exported.flatMap(([, codes]) => codes as readonly string[]),
    };
  }),
);
const known = lists.flatMap(({ codes }) => codes);
const pages = readPages();
const errorsPage = 'docs/errors.md';

describe.each(lists)('the error codes of $folder', ({ folder, codes }) => {
  test('exist, each once', () => {
    expect(codes).not.toEqual([]);
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });

  test('are documented', () => {
    const documented = pages
      .filter(({ path }) => path === errorsPage || path === join(folder, 'README.md'))
      .flatMap(documentedCodes);
    expect(codes.filter((code) => !documented.includes(code))).toEqual([]);
  });
});

test('no code is documented that does not exist', () => {
  const documented = pages.flatMap((page) => documentedCodes(page).map((code) => `${page.path}: ${code}`));
  expect(documented.filter((entry) => !known.some((code) => entry.endsWith(`: ${code}`)))).toEqual([]);
});

/** Codes that a page explains: as a heading that speaks of errors or stands on their page, or in a table with a column of codes. */
function documentedCodes({ path, text }: Page): readonly string[] {
  const codes: string[] = [];
  let aboutErrors = path === errorsPage;
  let column: number | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) {
      const code = /^#+ `?([A-Z]+(?:_[A-Z]+)+)`?$/.exec(line)?.[1];
      if (code !== undefined && aboutErrors) codes.push(code);
      else aboutErrors = path === errorsPage || /\berrors?\b/i.test(line);
    }
    if (!line.startsWith('|')) {
      column = undefined;
      continue;
    }
    const cells = line.split('|').slice(1, -1);
    column ??= cells.findIndex((cell) => /\bcode\b/i.test(cell));
    codes.push(...(cells[column]?.match(/[A-Z]+(?:_[A-Z]+)+/g) ?? []));
  }
  return codes;
}
