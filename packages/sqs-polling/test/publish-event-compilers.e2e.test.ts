import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile, compilers } from '../../../scripts/compilers.ts';

/** Inside of the package, so that what the program imports is found. */
const output = join(import.meta.dirname, '../.cache/publish-event');
rmSync(output, { recursive: true, force: true });

describe.each(compilers)('tsc $version', (compiler) => {
  test.each([false, true])('accepts and refuses what it should, with experimentalDecorators %s', (legacy) => {
    const folder = join(output, `${compiler.version}-${legacy}`);
    mkdirSync(folder, { recursive: true });
    const config = {
      extends: join(import.meta.dirname, '../../../tsconfig.base.json'),
      compilerOptions: { experimentalDecorators: legacy },
      files: [join(import.meta.dirname, 'fixtures/published.ts')],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    expect(compile(compiler, ['-p', folder, '--pretty', 'false'], folder)).toBe('');
  });
});
