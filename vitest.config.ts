import { transform } from 'esbuild';
import { defineConfig } from 'vitest/config';

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

export default defineConfig({
  plugins: [standardDecorators],
  ssr: { resolve: { conditions: ['@millrace/source', 'node'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'scripts/test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
