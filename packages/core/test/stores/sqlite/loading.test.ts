import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { nodeOptions } from '../support/child.ts';

const run = promisify(execFile);

/** Parts of Node that have to do with SQLite and that a program has loaded. */
async function loadedSqlite(program: string): Promise<unknown> {
  const print = 'console.log(JSON.stringify(process.moduleLoadList.filter((name) => /sqlite/i.test(name))))';
  const options = [...nodeOptions, '--input-type=module', '--eval', `${program}; ${print}`];
  const { stdout } = await run(process.execPath, options, { cwd: import.meta.dirname });
  return JSON.parse(stdout);
}

test('@millrace/core does not load node:sqlite', async () => {
  expect(await loadedSqlite("await import('@millrace/core')")).toEqual([]);
});

test('@millrace/core/sqlite loads it with the first store', async () => {
  expect(await loadedSqlite("await import('@millrace/core/sqlite')")).toEqual([]);
  const program = `
    const { sqliteStore } = await import('@millrace/core/sqlite');
    try { sqliteStore(process.cwd()); } catch {}`;
  expect(await loadedSqlite(program)).toContain('NativeModule sqlite');
});
