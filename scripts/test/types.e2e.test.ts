import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Compiler } from '../compilers.ts';
import { compile, compilers } from '../compilers.ts';
import { repository } from '../repository.ts';

const expectations = globSync('packages/*/test/types/*.types.ts', { cwd: repository });
const decorators = [
  { mode: 'standard', experimentalDecorators: false },
  { mode: 'legacy', experimentalDecorators: true },
];
const fixture = (name: string) => `scripts/test/fixtures/types/${name}.types.ts`;

describe.each(compilers)('TypeScript $version', (compiler) => {
  test('is the version that it is called', () => {
    expect(compile(compiler, ['--version'], repository)).toBe(`Version ${compiler.version}`);
  });

  test.each(decorators)('agrees with every *.types.ts, $mode decorators', ({ experimentalDecorators }) => {
    expect(expectations).not.toEqual([]);
    expect(check(compiler, expectations, experimentalDecorators)).toBe('');
  });

  test('finds an error that is expected and does not come', () => {
    expect(check(compiler, [fixture('right')], false)).toBe('');
    expect(check(compiler, [fixture('wrong')], false)).toContain('TS2578: Unused');
  });
});

function check(compiler: Compiler, files: readonly string[], experimentalDecorators: boolean): string {
  const folder = join(repository, '.cache/types');
  mkdirSync(folder, { recursive: true });
  const config = join(folder, `tsconfig.${compiler.version}.json`);
  const settings = {
    extends: '../../tsconfig.base.json',
    compilerOptions: { experimentalDecorators, declaration: false },
    files: files.map((file) => join(repository, file)),
  };
  writeFileSync(config, JSON.stringify(settings));
  return compile(compiler, ['-p', config, '--pretty', 'false'], folder);
}
