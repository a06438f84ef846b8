import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compile, compilers } from './compilers.ts';
import { publicPackages, repository } from './repository.ts';
import type { Program } from './snippets.ts';

export interface SnippetProject {
  /** Answers what the compiler printed: nothing when all is well. */
  check(): string;
  /** Answers what the program printed. Throws when it failed. */
  run(program: Program): string;
  remove(): void;
}

/** Writes programs into a folder of `.cache`, where they find the packages of the workspace and all that those depend on. */
export function createSnippetProject(programs: readonly Program[]): SnippetProject {
  const cache = join(repository, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'snippets-'));
  linkPackages(folder);
  for (const program of programs) {
    const file = join(folder, fileOf(program));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, program.code);
  }
  const config = join(folder, 'tsconfig.json');
  const settings = {
    extends: join(repository, 'tsconfig.base.json'),
    compilerOptions: { declaration: false },
    files: programs.map(fileOf),
  };
  writeFileSync(config, JSON.stringify(settings));

  return {
    check() {
      const compiler = compilers.at(-1);
      if (compiler === undefined) throw new Error('There is no compiler.');
      return compile(compiler, ['-p', config, '--pretty', 'false'], folder);
    },
    run(program) {
      const args = ['--import', 'tsx', '--conditions=@millrace/source', fileOf(program)];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, TSX_TSCONFIG_PATH: config },
      });
      const output = `${stdout}${stderr}`;
      if (status !== 0) throw new Error(`${program.page}:${program.line} failed (${status}):\n${output}`);
      return output;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function fileOf({ page, line }: Program): string {
  return `${page}.${line}.ts`;
}

function linkPackages(folder: string): void {
  for (const { folder: source, manifest } of publicPackages()) {
    link(source, join(folder, 'node_modules', manifest.name));
    const dependencies = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const name of Object.keys(dependencies)) {
      link(join(source, 'node_modules', name), join(folder, 'node_modules', name));
    }
  }
}

function link(target: string, path: string): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}
