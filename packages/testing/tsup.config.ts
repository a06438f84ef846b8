import { defineConfig } from 'tsup';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/salesforce.ts',
    'src/salesforce-pubsub.ts',
    'src/millrace-salesforce.ts',
    'src/eventstore.ts',
    'src/millrace-eventstore.ts',
  ],
  format: 'esm',
  target: 'node22',
  dts: true,
  sourcemap: true,
  clean: true,
});
