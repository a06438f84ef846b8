import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fetchNode } from '../fetch-node.ts';
import { repository } from '../repository.ts';

const fixtures = join(import.meta.dirname, 'fixtures/runs');
const scratch = mkdtempSync(join(tmpdir(), 'millrace-runner-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the test script', () => {
  test('counts all that went wrong, hooks and files too', () => {
    const { code, lines } = runTests(['--root', fixtures, 'mixed', 'broken', 'unhandled']);
    // Failed: one test, one hook, one file, one rejection that nobody handled. Skipped: two, and one behind the hook.
    expect(lines.at(-1)).toBe('2 passed, 4 failed, 3 skipped');
    expect(code).toBe(1);
  });

  test('names what is skipped, and why', () => {
    const { code, lines } = runTests(['--root', fixtures, 'skipped', '--reporter=dot']);
    expect(lines).toContain('  skipped.fixture.ts > needs a server (2 tests): no such server');
    expect(lines.at(-1)).toBe('1 passed, 0 failed, 2 skipped');
    expect(code).toBe(0);
  });

  test('does not let CI skip', () => {
    const { code, lines } = runTests(['--root', fixtures, 'skipped'], { CI: 'true' });
    expect(lines).toContain('CI does not skip: 1 suites above make this run fail.');
    expect(lines.at(-1)).toBe('1 passed, 0 failed, 2 skipped');
    expect(code).toBe(1);
  });

  test('fails when no file matches', () => {
    const { code, lines } = runTests(['--root', fixtures, 'nothing-is-called-so']);
    expect(lines.at(-1)).toBe('0 passed, 1 failed, 0 skipped');
    expect(code).toBe(1);
  });

  test('skips the suites that need Redis, where there is none', () => {
    const { code, lines } = runTests(['scripts/test/redis-server'], {
      REDIS_SERVER_BIN: '/nowhere/redis-server',
    });
    expect(lines.filter((line) => line.includes('/nowhere/redis-server'))).toHaveLength(2);
    expect(lines.at(-1)).toMatch(/^[1-9]\d* passed, 0 failed, [1-9]\d* skipped$/);
    expect(code).toBe(0);
  });

  test('starts no Redis for suites that need none', () => {
    const { code } = runTests(['scripts/test/error-codes', '-t', 'does not exist'], {
      REDIS_SERVER_BIN: process.execPath,
    });
    expect(code).toBe(0);
  });
});

describe('the total of CI', () => {
  test('adds up the reports', () => {
    runTests(['--root', fixtures, 'skipped'], { MILLRACE_TEST_REPORT: join(scratch, 'a.json') });
    runTests(['--root', fixtures, 'mixed'], { MILLRACE_TEST_REPORT: join(scratch, 'b.json') });
    const { code, lines } = total(`one=${join(scratch, 'a.json')}`, `two=${join(scratch, 'b.json')}`);
    expect(lines[0]).toBe(`one on Node ${process.version}: 1 passed, 0 failed, 2 skipped`);
    expect(lines.filter((line) => line.startsWith('  failed: mixed'))).toHaveLength(2);
    expect(lines.at(-1)).toBe('2 passed, 2 failed, 5 skipped');
    expect(code).toBe(1);
  });

  test('counts a run that left no report as failed', () => {
    const { code, lines } = total(`one=${join(scratch, 'missing.json')}`);
    expect(lines.at(-1)).toBe('0 passed, 1 failed, 0 skipped');
    expect(code).toBe(1);
  });

  function total(...reports: string[]) {
    return run(process.execPath, [join(repository, 'scripts/ci-total.js'), ...reports], {});
  }
});

describe('the check before a script', () => {
  const script = 'scripts/check-runtime.js';

  test('is content here', () => {
    expect(run(process.execPath, [join(repository, script)], {})).toEqual({ code: 0, lines: [''] });
  });

  test('says that the install failed', () => {
    cpSync(join(repository, 'package.json'), join(scratch, 'package.json'));
    cpSync(join(repository, script), join(scratch, script));
    const { code, lines } = run(process.execPath, [join(scratch, script)], {});
    expect(lines.join('\n')).toMatch(/dependencies are not installed: .*missing.*npx -y pnpm@12 install/s);
    expect(code).toBe(1);
  });

  test('says that the Node is too old, and for which platforms there is one', () => {
    const lowest = fetchNode('lowest');
    const { code, lines } = run(lowest.path, [join(repository, script)], {});
    expect(lines.join('\n')).toContain(`Node v${lowest.version}`);
    expect(code).toBe(1);

    // No platform has a pinned Node.
    const manifest = { devDependencies: {}, optionalDependencies: { 'node-plan9-mips': '26.10.0' } };
    writeFileSync(join(scratch, 'package.json'), JSON.stringify(manifest));
    const elsewhere = run(lowest.path, [join(scratch, script)], {});
    expect(elsewhere.lines.join('\n')).toContain('The repository brings one for plan9-mips, and none for');
    expect(elsewhere.code).toBe(1);
  });
});

function runTests(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return run(process.execPath, [join(repository, 'scripts/test.ts'), ...args], env);
}

/** Without the variables that the runner of this very test has set, `CI` included. */
function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const { PATH = '', HOME = '' } = process.env;
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: repository,
    encoding: 'utf8',
    env: { PATH, HOME, NO_COLOR: '1', ...env },
  });
  return { code: status, lines: (stdout.trim() === '' ? stderr : stdout).trimEnd().split('\n') };
}
