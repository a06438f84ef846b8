import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repository } from './repository.ts';

export interface Compiler {
  readonly version: string;
  readonly path: string;
}

const compiler = (version: string, path: string): Compiler => ({
  version,
  path: join(repository, 'node_modules', path),
});

/** The compilers that users may have: the last of the 5 line, of the 6 line, and the one that the repository uses. */
export const compilers: readonly Compiler[] = [
  compiler('5.9.3', 'typescript-5.9/bin/tsc'),
  compiler('6.0.3', 'typescript/bin/tsc6'),
  compiler('7.0.2', '@typescript/native/bin/tsc'),
];

/** Answers what the compiler printed: nothing when all is well. */
export function compile({ path }: Compiler, args: readonly string[], folder: string): string {
  const { stdout, stderr, status, error } = spawnSync(process.execPath, [path, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  const output = `${stdout}${stderr}`.trim();
  return status === 0 || output !== '' ? output : `exit code ${status}, and no word why`;
}
