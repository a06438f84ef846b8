import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { publicPackages, readManifest, repository } from '../repository.ts';
import { createSnippetProject } from '../snippet-project.ts';
import { commandsOf, programsOf, readPages } from '../snippets.ts';

const pages = readPages();
const readme = pages.find(({ path }) => path === 'README.md') ?? { path: 'README.md', text: '' };

describe('the TypeScript of the pages', () => {
  // The pages of apps quote from their own code, which is compiled where it stands.
  const programs = pages.filter(({ path }) => !path.startsWith('apps/')).flatMap(programsOf);
  const project = createSnippetProject(programs);
  afterAll(project.remove);

  test('compiles', () => expect(project.check()).toBe(''));

  const executed = programs.filter(({ run }) => run);
  test('is executed somewhere', () => expect(executed).not.toEqual([]));
  test.each(executed)('$page:$line runs', (program) => {
    expect(() => project.run(program)).not.toThrow();
  });
});

describe('the commands of the pages', () => {
  test.each(pages.flatMap((page) => commandsOf(page).map((command) => ({ page: page.path, command }))))(
    '$page: $command',
    ({ command }) => expect(problemOf(command)).toBeUndefined(),
  );

  test('README says how to test, and CI does it that way', () => {
    expect(commandsOf(readme)).toContain('npx -y pnpm@12 test');
    const ci = readFileSync(join(repository, '.ci/run'), 'utf8');
    expect(ci).toContain('pnpm=(npx -y pnpm@12)');
    expect(ci).toMatch(/^ *gate tests .*"\$\{pnpm\[@\]\}" test$/m);
  });
});

describe('finding what is wrong with a page', () => {
  const fence = '```';
  const page = (...lines: string[]) => ({ path: 'page.md', text: lines.join('\n') });
  const projectOf = (...lines: string[]) => {
    const written = programsOf(page(...lines));
    const project = createSnippetProject(written);
    onTestFinished(project.remove);
    return { programs: written, project };
  };

  test('a type error is reported on its line of the page', () => {
    const { project } = projectOf('# Title', '', `${fence}ts`, 'const a = 1;', 'const b: string = a;', fence);
    expect(project.check()).toMatch(/^page\.md\.4\.ts\(5,7\): error TS2322/);
  });

  test('a block goes on with the one before it only when it is called `continued`', () => {
    const blocks = (word: string) => [
      `${fence}ts`,
      'const a = 1;',
      fence,
      'text',
      `${fence}ts${word}`,
      'void a;',
      fence,
    ];
    expect(projectOf(...blocks(' continued')).project.check()).toBe('');
    expect(projectOf(...blocks('')).project.check()).toContain("Cannot find name 'a'");
  });

  test('a program that fails says where it stands and what it printed', () => {
    const { programs, project } = projectOf(`${fence}ts run`, "throw new Error('on purpose');", fence);
    expect(() => programs.map(project.run)).toThrow(/page\.md:2 failed \(1\):.*on purpose/s);
  });

  test('a word that means nothing is refused', () => {
    expect(() => projectOf(`${fence}ts runn`, fence)).toThrow('page.md:1: "ts runn" means nothing.');
  });

  test('a block that is never closed is refused', () => {
    expect(() => projectOf('text', `${fence}ts`)).toThrow('page.md:2: this block is never closed.');
  });

  test.each([
    ['npx -y pnpm@12 nothing', 'millrace has no script "nothing"'],
    ['npx -y pnpm@12 --filter @millrace/core nothing', '@millrace/core has no script "nothing"'],
    ['npx -y pnpm@12 --filter @millrace/nothing test', 'there is no package @millrace/nothing'],
    ['npm install @millrace/nothing', 'there is no package @millrace/nothing'],
    ['npx millrace-nothing', 'no package has a command millrace-nothing'],
    ['bash .ci/nothing', 'there is no .ci/nothing'],
    ['rm -rf .', 'not a command that this test knows'],
  ])('%s: %s', (command, problem) => expect(problemOf(command)).toBe(problem));
});

/** What is wrong with a command of a page; undefined when nothing is. */
function problemOf(command: string): string | undefined {
  const [, filter, script] =
    /^(?:npx -y pnpm@12|pnpm) (?:--filter (\S+) )?(?:run )?(\S+)/.exec(command) ?? [];
  const isBuiltIn = script !== undefined && ['install', 'exec', 'add'].includes(script);
  if (script !== undefined && !isBuiltIn) return problemOfScript(script, filter);
  const bin = /^npx (\w[\w-]*)/.exec(command)?.[1];
  if (bin !== undefined && script === undefined) {
    const isOurs = publicPackages().some(({ manifest }) => Object.hasOwn(manifest.bin ?? {}, bin));
    return isOurs ? undefined : `no package has a command ${bin}`;
  }
  const file = /^(?:bash|node) (\S+)/.exec(command)?.[1];
  if (file !== undefined) return existsSync(join(repository, file)) ? undefined : `there is no ${file}`;
  if (isBuiltIn || /^npm (?:install|i) /.test(command)) {
    const names = publicPackages().map(({ manifest }) => manifest.name);
    const missing = command.match(/@millrace\/[\w-]+/g)?.find((name) => !names.includes(name));
    return missing === undefined ? undefined : `there is no package ${missing}`;
  }
  return /^(?:cd|git clone) /.test(command) ? undefined : 'not a command that this test knows';
}

function problemOfScript(script: string, filter = readManifest(repository).name): string | undefined {
  const manifest = globSync(['package.json', '{packages,apps}/*/package.json'], { cwd: repository })
    .map((path) => readManifest(join(repository, dirname(path))))
    .find(({ name }) => name === filter);
  if (manifest === undefined) return `there is no package ${filter}`;
  return manifest.scripts?.[script] === undefined ? `${filter} has no script "${script}"` : undefined;
}
