import { transform } from 'esbuild';
import { configDefaults, defineConfig } from 'vitest/config';

// vite 8 transforms TypeScript with oxc, which does not lower standard decorators (oxc-project/oxc#9170).
const standardDecorators = {
  name: 'standard-decorators',
  enforce: 'pre' as const,
  transform: {
    filter: { id: /\.[cm]?tsx?$/, code: /^\s*@\w/m },
    async handler(code: string, id: string) {
      const result = await transform(code, {
        loader: 'ts',
        target: 'es2022',
        sourcefile: id,
        sourcemap: true,
        tsconfigRaw: {
          compilerOptions: {
            verbatimModuleSyntax: true,
            experimentalDecorators: id.includes('.legacy-decorators.'),
          },
        },
      });
      return { code: result.code, map: result.map };
    },
  },
};

/** Its broker takes seconds to start: only for those who use it. */
const kafka = 'packages/kafka/test/**/*.int.test.ts';
const slow = ['**/*.int.test.ts', '**/*.e2e.test.ts', '**/*.faults.test.ts'];

export default defineConfig({
  plugins: [standardDecorators],
  ssr: { resolve: { conditions: ['@millrace/source', 'node'] } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Most tests wait for servers and processes more than they compute.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,apps}/*/test/**/*.test.ts', 'scripts/test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...slow],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['{packages,apps}/*/test/**/*.int.test.ts', 'scripts/test/**/*.int.test.ts'],
          exclude: [...configDefaults.exclude, kafka],
          globalSetup: 'scripts/servers/redis-global-setup.ts',
        },
      },
      {
        extends: true,
        test: {
          name: 'kafka',
          include: [kafka],
          globalSetup: 'scripts/servers/kafka-global-setup.ts',
          testTimeout: 60_000,
          // A broker and its consumers have the machine to themselves as far as can be: the time is real.
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['{packages,apps}/*/test/**/*.e2e.test.ts', 'scripts/test/**/*.e2e.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['{packages,apps}/*/test/**/*.faults.test.ts'],
          globalSetup: 'scripts/servers/redis-global-setup.ts',
          testTimeout: 120_000,
          // Time is real here: a process that has to share the machine is easily slower than a lease.
          fileParallelism: false,
        },
      },
    ],
  },
});
