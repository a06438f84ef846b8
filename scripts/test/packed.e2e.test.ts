import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FauxqsServer } from 'fauxqs';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile, compilers } from '../compilers.ts';
import { fetchNode } from '../fetch-node.ts';
import type { Manifest, WorkspacePackage } from '../repository.ts';
import { publicPackages, readManifest, repository } from '../repository.ts';

const packages = publicPackages();
const pinned = { version: process.versions.node, path: process.execPath };
const lowest = fetchNode('lowest');
const programs = ['consume-core.ts', 'consume-sqs-polling.ts'];

/** A project of somebody who installs all packages from the registry: outside of the workspace, plain npm. */
const project = mkdtempSync(join(tmpdir(), 'millrace-packed-'));

beforeAll(() => {
  run('npx', ['-y', 'pnpm@12', 'exec', 'turbo', 'run', 'build', '--output-logs=errors-only'], repository);
  for (const { folder } of packages) {
    run('npx', ['-y', 'pnpm@12', 'pack', '--silent', '--pack-destination', project], folder);
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  cpSync(join(import.meta.dirname, 'fixtures/packed'), project, { recursive: true });
  const tarballs = globSync('*.tgz', { cwd: project }).map((file) => `./${file}`);
  const typesForNode = `@types/node@${installedVersion('@types/node')}`;
  run(
    'npm',
    ['install', '--no-audit', '--no-fund', ...tarballs, ...packages.flatMap(peers), typesForNode],
    project,
  );
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe.each(packages.map(({ manifest }) => manifest))('the packed $name', (source) => {
  const installed = join(project, 'node_modules', source.name);

  test('has what its users need, and nothing else', () => {
    const files = globSync('**/*', { cwd: installed, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
    expect(files).toContain('README.md');
    expect(files).toContain('LICENSE');
    const others = files.filter((file) => !/^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(file));
    expect(others.filter((file) => !/^dist\/[\w./-]+(\.js|\.js\.map|\.d\.ts)$/.test(file))).toEqual([]);
  });

  test('has a manifest without traces of the workspace', () => {
    const manifest = readManifest(installed);
    const text = JSON.stringify(manifest);
    expect(text).not.toContain('@millrace/source');
    expect(text).not.toContain('workspace:');
    expect(text).not.toContain('./src');
    expect(Object.keys(manifest.exports ?? {})).toEqual(Object.keys(source.exports ?? {}));
  });

  test('has JavaScript and types behind each entry', () => {
    const files = new Set(globSync('dist/**/*', { cwd: installed }).map((file) => `./${file}`));
    for (const target of entries(readManifest(installed)).map(({ target }) => target)) {
      expect(files).toContain(target.types);
      expect(files).toContain(target.default);
    }
  });

  test.each(Object.entries(source.bin ?? {}))('has the command %s', (name, file) => {
    for (const { path } of [pinned, lowest]) {
      expect(run(path, [join(installed, file), '--help'], project)).toContain(`Usage: ${name}`);
    }
    expect(existsSync(join(project, 'node_modules/.bin', name))).toBe(true);
  });

  test.each([pinned, lowest])('can be imported by Node $version', ({ path }) => {
    for (const { specifier } of entries(readManifest(installed))) {
      const script = `const names = Object.keys(await import(${JSON.stringify(specifier)})); console.log(names.length);`;
      const output = run(path, ['--input-type=module', '--eval', script], project);
      expect(Number(output), specifier).toBeGreaterThan(0);
    }
  });
});

describe('a message is consumed', () => {
  let server: FauxqsServer;

  beforeAll(async () => {
    server = await startFauxqs({ port: 0, logger: false });
    writeConfig({ outDir: 'out' }, programs);
    run(process.execPath, [compilers.at(-1)?.path ?? ''], project);
  });

  afterAll(() => server.stop());

  test.each([pinned, lowest])('through a source of its own, on Node $version', async ({ path }) => {
    expect(await consume(path, 'consume-core')).toEqual(['{"id":"1","data":{"total":3}}', 'done']);
  });

  test.each([pinned, lowest])('from SQS, on Node $version', async ({ path }) => {
    expect(await consume(path, 'consume-sqs-polling')).toEqual(['{"total":3}', 'stopped']);
  });

  /** Answers the lines that the program printed. */
  async function consume(node: string, program: string): Promise<readonly string[]> {
    const { stdout } = await promisify(execFile)(node, [join('out', `${program}.js`)], {
      cwd: project,
      env: { ...process.env, SQS_ENDPOINT: `http://127.0.0.1:${server.port}` },
      timeout: 60_000,
    });
    return stdout.trimEnd().split('\n');
  }
});

describe.each(compilers)('TypeScript $version', (compiler) => {
  test('accepts the programs and the types of all packages, strictly and with their libraries', () => {
    const specifiers = packages.flatMap(({ manifest }) =>
      entries(manifest).map(({ specifier }) => specifier),
    );
    const lines = specifiers.map((specifier, index) => `export * as entry${index} from '${specifier}';`);
    writeFileSync(join(project, 'all.ts'), `${lines.join('\n')}\n`);
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: strict, files: ['all.ts'] }),
    );
    expect(compile(compiler, ['--pretty', 'false'], project)).toBe('');
  });
});

const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  target: 'es2022',
  module: 'nodenext',
  types: ['node'],
};

function writeConfig(options: object, files: readonly string[]): void {
  const settings = { compilerOptions: { ...strict, ...options }, files };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(settings));
}

interface Entry {
  readonly specifier: string;
  readonly target: { readonly types?: string; readonly default?: string };
}

function entries({ name, exports }: Manifest): readonly Entry[] {
  return Object.entries(exports ?? {})
    .filter(([path]) => path !== './package.json')
    .map(([path, target]) => ({ specifier: `${name}${path.slice(1)}`, target: target as Entry['target'] }));
}

/** Peers in the versions that the workspace is tested with. */
function peers({ manifest }: WorkspacePackage): readonly string[] {
  return Object.entries(manifest.peerDependencies ?? {}).map(
    ([name, range]) => `${name}@${manifest.devDependencies?.[name] ?? range}`,
  );
}

function installedVersion(name: string): string {
  const manifest = readManifest(join(repository, 'node_modules', name)) as Manifest & { version: string };
  return manifest.version;
}

function run(command: string, args: readonly string[], folder: string): string {
  return execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
