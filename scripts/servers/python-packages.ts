import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildOnce } from './build-once.ts';

/** Milliseconds. */
const timeout = 300_000;
const run = promisify(execFile);

export interface PythonPackages {
  /** What they are there for, with its version: `moto-5.2.3`. */
  readonly name: string;
  /** As pip takes them. */
  readonly packages: readonly string[];
}

/** The Python that has the packages, once they are installed. */
export function pythonWith({ name }: PythonPackages): string {
  return join(folderOf(name), 'bin/python');
}

/** Installs packages from PyPI into a virtual environment of the repository's `.cache`. Answers why they can't be had. */
export async function installPythonPackages({ name, packages }: PythonPackages): Promise<string | undefined> {
  const reason = await buildOnce(folderOf(name), async (building) => {
    await run('python3', ['-m', 'venv', building], { timeout });
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
    await run(join(building, 'bin/python'), install, { timeout });
  });
  return reason && `${name} can't be had, for which Python 3 and PyPI are needed (${reason})`;
}

function folderOf(name: string): string {
  return join(import.meta.dirname, '../../.cache', name);
}
