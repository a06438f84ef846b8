import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { transformSync as swc } from '@swc/core';
import { transformSync as esbuild } from 'esbuild';
import { describe, expect, test } from 'vitest';

import type { Compiler } from '../../../scripts/compilers.ts';
import { compile, compilers } from '../../../scripts/compilers.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
/** Inside of the package, so that the programs find it by its name. */
const output = join(import.meta.dirname, '../.cache/decorators');
rmSync(output, { recursive: true, force: true });

/** Compiles `<program>.ts` to `<folder>/<program>.js`. */
type Compile = (program: string, folder: string, experimentalDecorators: boolean) => void;

const byTsc =
  (compiler: Compiler): Compile =>
  (program, folder, experimentalDecorators) => {
    const config = {
      extends: join(import.meta.dirname, '../../../tsconfig.base.json'),
      compilerOptions: {
        noEmit: false,
        declaration: false,
        noCheck: true,
        noResolve: true,
        outDir: folder,
        rootDir: fixtures,
        experimentalDecorators,
      },
      files: [join(fixtures, `${program}.ts`)],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const problem = compile(compiler, ['-p', folder, '--pretty', 'false'], folder);
    if (problem !== '') throw new Error(problem);
  };

const byTransform =
  (transform: (source: string, experimentalDecorators: boolean) => string): Compile =>
  (program, folder, experimentalDecorators) => {
    const source = readFileSync(join(fixtures, `${program}.ts`), 'utf8');
    writeFileSync(join(folder, `${program}.js`), transform(source, experimentalDecorators));
  };

const byEsbuild = byTransform(
  (source, experimentalDecorators) =>
    esbuild(source, {
      loader: 'ts',
      target: 'es2022',
      tsconfigRaw: { compilerOptions: { experimentalDecorators, verbatimModuleSyntax: true } },
    }).code,
);

const bySwc = (decoratorVersion: '2022-03' | '2023-11'): Compile =>
  byTransform(
    (source, legacyDecorator) =>
      swc(source, {
        isModule: true,
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: legacyDecorator ? { legacyDecorator } : { decoratorVersion },
        },
      }).code,
  );

describe.each([
  ...compilers.map((compiler) => ({ name: `tsc ${compiler.version}`, compileTo: byTsc(compiler) })),
  { name: 'esbuild', compileTo: byEsbuild },
  { name: 'swc 2022-03', compileTo: bySwc('2022-03') },
  { name: 'swc 2023-11', compileTo: bySwc('2023-11') },
])('what $name makes of it', ({ name, compileTo }) => {
  function run(program: string, experimentalDecorators: boolean): unknown {
    const folder = join(output, `${name} ${program} ${experimentalDecorators ? 'legacy' : 'standard'}`);
    mkdirSync(folder, { recursive: true });
    compileTo(program, folder, experimentalDecorators);
    const args = ['--conditions=@millrace/source', join(folder, `${program}.js`)];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`It ended with ${status}: ${stderr}`);
    return JSON.parse(stdout);
  }

  test('standard decorators', () => expect(run('decorated', false)).toEqual(decorated()));
  test('legacy decorators', () => expect(run('decorated', true)).toEqual(decorated()));
  test('a private method, which only standard decorators can decorate', () => {
    const message = expect.stringMatching(/"#hidden": make it public/) as string;
    expect(run('decorated-private', false)).toMatchObject({ code: 'HANDLER_PRIVATE', message });
  });
});

/** What the program prints, whoever compiled it. */
function decorated(): unknown {
  const derived = [
    'Derived.kept: Kept',
    'Derived.overridden: Overridden',
    'Derived.redecorated AfterToo: AfterToo',
    'Derived.redecorated After: After',
    'Derived.added: Added',
  ];
  const ranInDerived = [
    'kept in derived',
    'overridden in derived',
    'and in the override',
    'redecorated in derived',
    'redecorated in derived',
    'added in derived',
  ];
  const decoratesMethods = (name: string) =>
    expect.stringMatching(
      `^HANDLER_OPTIONS @handler on "${name}": it decorates methods, and this is a \\w+`,
    ) as string;

  return {
    registered: [
      [
        'Orders.placed: Placed',
        'refunds: Refunded Old*.legacy from shop',
        'Orders.several default: ',
        'Orders.several Two: Two',
        'Orders.several One: One',
        'Orders.Symbol(shout): Shouted',
      ],
      [
        'Base.kept: Kept',
        'Base.overridden: Overridden',
        'Base.redecorated BeforeToo: BeforeToo',
        'Base.redecorated Before: Before',
      ],
      derived,
      derived,
    ],
    ran: [
      'Placed in shop, the 1.',
      'Refunded in shop',
      'any in shop',
      'Two in shop',
      'One in shop',
      'shouted in shop',
      'kept in base',
      'overridden in base',
      ...ranInDerived,
      ...ranInDerived,
    ],
    refusals: [
      expect.stringMatching(/^HANDLER_STATIC @handler on static method "opened": make it an instance method/),
      decoratesMethods('size'),
      decoratesMethods('field'),
      decoratesMethods('Mistaken'),
      expect.stringMatching(/^HANDLER_OPTIONS A handler is declared by .*@handler\(\)/),
    ],
  };
}
